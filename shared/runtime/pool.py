"""The connections of a process to its service's database, and when either end gives one up."""

import asyncio
import os
import socket
from typing import Any

import asyncpg

CONNECT_TIMEOUT = 10.0
COMMAND_TIMEOUT = 30.0
"""Seconds that any statement of a service may take; a stuck database must not hold a caller for ever."""

UNUSED_SECONDS = 40.0
"""A connection that nobody needed for so long is closed: it may be dead without any end having heard of it."""

FORGOTTEN_SECONDS = 60
"""The server ends a session that is silent for longer: its client is gone, and never said so.

Without this, a network that loses connections silently leaves sessions that hold locks, and one day all that the server
has. It is longer than UNUSED_SECONDS, so that no session ends under somebody's hands.
"""

ALIVE = {"IDLE": 10, "INTVL": 5, "CNT": 3}
"""When TCP itself asks whether the other end is there: after so many seconds, how often again, how many times."""

UNHEARD_SECONDS = 15
"""What was sent and not received for so long ends the connection."""


class Connection(asyncpg.Connection):  # type: ignore[misc] # asyncpg carries no types
    """A connection that isn't reset each time it goes back to the pool, and whose death TCP notices.

    The reset is a round trip for each statement that a pool runs. Nothing here
    changes a session's state but advisory locks, time-outs and listeners, and those who
    take one give it back themselves.
    """

    __slots__ = ()

    def __init__(self, protocol: Any, transport: asyncio.Transport, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        plain = transport.get_extra_info("socket")
        if plain is not None and plain.family != socket.AF_UNIX:
            notice_death(plain)

    def get_reset_query(self) -> str:
        """Return no statement."""
        return ""


def notice_death(plain: socket.socket) -> None:
    """Let TCP end the connection soon after the other end has vanished; as far as this system can."""
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in ALIVE.items():
        if hasattr(socket, f"TCP_KEEP{name}"):
            plain.setsockopt(socket.IPPROTO_TCP, getattr(socket, f"TCP_KEEP{name}"), value)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_SECONDS * 1000)


async def connect(database_url: str, *, size: int, command_timeout: float | None = COMMAND_TIMEOUT) -> asyncpg.Pool:
    """Return a pool of at most `size` connections, which opens them as they are needed.

    Without a `command_timeout`, for work that holds a connection for long, the server waits for its client for ever.
    """
    return await asyncpg.create_pool(
        database_url,
        min_size=0,  # those that are unused are closed, down to the last one
        init_size=1,
        max_size=size,
        timeout=CONNECT_TIMEOUT,
        command_timeout=command_timeout,
        max_inactive_connection_lifetime=UNUSED_SECONDS,
        connection_class=Connection,
        server_settings={**_session(), **(_forgets(command_timeout) if command_timeout else {})},
    )


def _session() -> dict[str, str]:
    return {
        "jit": "off",
        "timezone": "UTC",
        # With its number, so that whoever looks at a lock or a slow statement can tell which process it is.
        "application_name": f"rapport-{os.getpid()}",
        "tcp_keepalives_idle": str(ALIVE["IDLE"]),
        "tcp_keepalives_interval": str(ALIVE["INTVL"]),
        "tcp_keepalives_count": str(ALIVE["CNT"]),
        "tcp_user_timeout": f"{UNHEARD_SECONDS}s",
    }


def _forgets(command_timeout: float) -> dict[str, str]:
    return {
        "idle_session_timeout": f"{FORGOTTEN_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{command_timeout:.0f}s",
    }
