"""The connections of a process to its service's database."""

import asyncpg

COMMAND_TIMEOUT = 30.0
"""Seconds that any statement of a service may take; a stuck database must not hold a caller for ever."""


async def connect(database_url: str, *, size: int) -> asyncpg.Pool:
    """Return a pool of at most `size` connections, which opens them as they are needed."""
    return await asyncpg.create_pool(
        database_url,
        min_size=1,
        max_size=size,
        command_timeout=COMMAND_TIMEOUT,
        server_settings={"jit": "off", "timezone": "UTC", "application_name": "rapport"},
    )
