"""The connections of a process to its service's database."""

import os

import asyncpg

COMMAND_TIMEOUT = 30.0
"""Seconds that any statement of a service may take; a stuck database must not hold a caller for ever."""


class Connection(asyncpg.Connection):  # type: ignore[misc] # asyncpg carries no types
    """A connection that isn't reset each time it goes back to the pool.

    The reset is a round trip for each statement that a pool runs. Nothing here
    changes a session's state but advisory locks and listeners, and those who
    take one give it back themselves.
    """

    def get_reset_query(self) -> str:
        """Return no statement."""
        return ""


async def connect(database_url: str, *, size: int, command_timeout: float | None = COMMAND_TIMEOUT) -> asyncpg.Pool:
    """Return a pool of at most `size` connections, which opens them as they are needed."""
    return await asyncpg.create_pool(
        database_url,
        min_size=1,
        max_size=size,
        command_timeout=command_timeout,
        connection_class=Connection,
        # With its number, so that whoever looks at a lock or a slow statement can tell which process it is.
        server_settings={"jit": "off", "timezone": "UTC", "application_name": f"rapport-{os.getpid()}"},
    )
