"""Read your own writes: a write answers a token, and a list waits until its view has taken that write."""

import asyncio
import base64
import binascii

import asyncpg

from shared.errors import Invalid

STEP_SECONDS = 0.01
LONGEST_WAIT = 10.0

TAKEN = """
SELECT p.next_seq > s.seq FROM (
    SELECT b.partition, b.first_seq + array_position(b.positions, e.position) - 1 AS seq
    FROM event e
    JOIN LATERAL (
        SELECT partition, first_seq, positions FROM publication
        WHERE partition = e.partition AND e.position = ANY(positions)
        ORDER BY first_seq DESC LIMIT 1
    ) b ON true
    WHERE e.stream_id = $1 AND e.version = $2
) s JOIN consumer_position p ON p.consumer = $3 AND p.topic = $4 AND p.partition = s.partition
"""


def token_of(stream: str, version: int) -> str:
    """Return the opaque token of a write. It names what was written and grants nothing, so it isn't signed."""
    return base64.urlsafe_b64encode(f"{stream}@{version}".encode()).decode().rstrip("=")


def read_token(token: str) -> tuple[str, int]:
    """Return (stream, version) of a token. Raises Invalid."""
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        stream, _, version = text.rpartition("@")
        return stream, int(version)
    except (binascii.Error, ValueError):
        raise Invalid([("Consistency-Token", "is not a token that a write answered")]) from None


async def taken(pool: asyncpg.Pool, consumer: str, topic: str, stream: str, version: int) -> bool:
    """Tell whether the consumer of the views has taken the event `stream@version`."""
    return bool(await pool.fetchval(TAKEN, stream, version, consumer, topic))


async def wait_until_taken(pool: asyncpg.Pool, consumer: str, topic: str, token: str, seconds: float) -> bool:
    """Wait at most `seconds` for the write behind `token`; return whether the views show it."""
    stream, version = read_token(token)
    deadline = asyncio.get_running_loop().time() + min(seconds, LONGEST_WAIT)
    while not await taken(pool, consumer, topic, stream, version):
        if asyncio.get_running_loop().time() >= deadline:
            return False
        await asyncio.sleep(STEP_SECONDS)
    return True
