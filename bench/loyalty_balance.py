"""A member's balance over HTTP, with a thousand lots: known to the process, and met for the first time."""

import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

import asyncpg
import msgspec

from bench.figures import Figure, Found, measured
from bench.latency import percentiles
from bench.load import Connection, Request, connected, latencies_at
from bench.place import LOYALTY, Place
from bench.served import LOG, ready
from services.loyalty.domain.ledger.commands import Earn
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import MemberEnrolled
from services.loyalty.domain.programme.terms import Terms
from shared.http.auth import development_token
from shared.migrations import migrate_keys
from shared.runtime.pool import connect
from shared.stack.ports import free_ports
from shared.stack.processes import Process, start_detached
from shared.store.contract import Append, Context
from shared.store.postgres import PostgresEventStore

LOTS = 1_000
KNOWN, NEW = 20, 100
"""Members who are asked for again and again; and those of whom each is asked for once, in each repeat others."""

RATE, SECONDS, CONNECTIONS = 100, 8, 16
"""Of the open loop: so many balances a second leave the machine half idle."""

START = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
TERMS = Terms(14, 24, True, "Europe/Berlin")
REPEATS = 3


async def loyalty_balance(at: Place) -> list[Figure]:
    """Measure `GET /v1/members/{id}/balance` of a thousand lots, beside the same of a single one."""
    numbers, rich, poor = count(), iter(range(KNOWN, KNOWN + NEW * REPEATS)), iter(range(NEW * REPEATS))
    async with _served(at) as (port, ask):
        await _cold(port, [ask("rich", number) for number in range(KNOWN)])
        return [
            await measured(
                "loyalty_balance_p99",
                "ms",
                lambda: _warm(port, lambda number: ask("rich", number % KNOWN), numbers),
                f"< 5, {LOTS:,} lots, open loop, {RATE}/s",
                "a member with one lot",
                lambda: _warm(port, lambda number: ask("poor", number % KNOWN), numbers),
            ),
            await measured(
                "loyalty_balance_cold_p99",
                "ms",
                lambda: _cold(port, [ask("rich", next(rich)) for _ in range(NEW)]),
                f"< 30, {LOTS:,} lots that the process must read and fold first, one after another",
                "a member with one lot",
                lambda: _cold(port, [ask("poor", KNOWN + next(poor)) for _ in range(NEW)]),
            ),
        ]


async def _warm(port: int, request: Request, numbers: Iterator[int]) -> Found:
    took = await latencies_at(port, request, numbers, rate=RATE, seconds=SECONDS, connections=CONNECTIONS)
    found = percentiles(took)
    return Found(found.p99, {**msgspec.structs.asdict(found), "rate": RATE})


async def _cold(port: int, requests: list[bytes]) -> Found:
    """Ask once for each, one after another."""
    async with connected([port], 1) as (connection,):
        took = [await _timed(connection, request) for request in requests]
    found = percentiles(took)
    return Found(found.p99, {"p50": found.p50, "p90": found.p90, "max": found.max})


async def _timed(connection: Connection, request: bytes) -> float:
    start = time.perf_counter()
    await connection.ask(request)
    return time.perf_counter() - start


@asynccontextmanager
async def _served(at: Place) -> AsyncIterator[tuple[int, "_Ask"]]:
    """Run an API process over members with many lots and members with one."""
    url = await at.database(LOYALTY)
    await migrate_keys(at.keys)
    pool = await connect(url, size=4)
    try:
        await _fill(pool)
    finally:
        await pool.close()
    (port,) = free_ports(1)
    process = _loyalty(at, url, port)
    try:
        await ready(f"http://127.0.0.1:{port}/readyz")
        yield port, _Ask(development_token(at.settings, ["loyalty:read"], subject="bench"))
    finally:
        process.stop(10)


class _Ask:
    """How to ask for a member's balance."""

    def __init__(self, token: str) -> None:
        self._head = f" HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n"

    def __call__(self, kind: str, number: int) -> bytes:
        return f"GET /v1/members/{_member(kind, number)}/balance{self._head}".encode()


def _member(kind: str, number: int) -> UUID:
    return UUID(int=(2**97 if kind == "rich" else 2**96) + number)


async def _fill(pool: asyncpg.Pool) -> None:
    store = PostgresEventStore(pool, LOYALTY.publishes)
    for number in range(KNOWN + NEW * REPEATS):
        await _earn(store, _member("rich", number), LOTS)
        await _earn(store, _member("poor", number), 1)
    await pool.execute("ANALYZE")


async def _earn(store: PostgresEventStore, member: UUID, lots: int) -> None:
    """Append so many orders' points. What each states of the balance after it is not folded, and so may be wrong."""
    enrolled = MemberEnrolled(member, START)
    stream, account = ACCOUNT.stream(member), ACCOUNT.fold([enrolled])
    appends = [Append(stream, 0, str(member), [enrolled], Context(START, START))]
    for number in range(1, lots + 1):
        at = START + timedelta(hours=number)
        order = Earn(member, "bench", str(number), Decimal(49), "EUR", at, at, TERMS)
        appends.append(Append(stream, number, str(member), ACCOUNT.decide(order, account), Context(at, at)))
    await store.append(*appends)


def _loyalty(at: Place, url: str, port: int) -> Process:
    environment = {
        "LOYALTY_DATABASE_URL": url,
        "KEYS_DATABASE_URL": at.keys,
        "LOYALTY_PORT": str(port),
        "KAFKA_BOOTSTRAP_SERVERS": at.bootstrap_servers,
    }
    return start_detached([sys.executable, "-m", "rapport", "run", "loyalty", "--role", "api"], LOG, environment)
