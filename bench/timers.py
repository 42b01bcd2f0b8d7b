"""Timers that are all due at once, fired by one worker; beside it the same events appended in batches as large."""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar
from uuid import UUID

import asyncpg

from bench.figures import Figure, Found, measured
from bench.place import Place
from rapport.services import load
from services.tickets.domain.commands import OpenComplaint
from services.tickets.domain.events import AcknowledgementBreached
from services.tickets.domain.levels import CURRENT
from services.tickets.domain.terms import Severity
from services.tickets.domain.ticketing import TICKET
from shared.decided import appends_of
from shared.store.contract import Append, Context
from shared.store.postgres import PostgresEventStore
from shared.timers.firing import BATCH
from shared.timers.timers import Timers
from shared.wakeup import Wakeup

TICKETS = load("tickets")
DUE = 100_000
APPENDED = 25_000
RECEIVED = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
NOW = RECEIVED + timedelta(days=2)
"""The acknowledgements are overdue, the answers not yet: each timer appends an event and moves on."""

CUSTOMER = UUID(int=7)
T = TypeVar("T")


async def timers(at: Place) -> list[Figure]:
    """Measure how fast one worker catches up with what became due while nobody fired."""
    async with at.pool(TICKETS, 4) as pool:
        store = PostgresEventStore(pool, TICKETS.publishes)
        numbers = count()
        return [
            await measured(
                "timers",
                "timers/s",
                lambda: _fired(at, pool, store, numbers),
                ">= 3,334: 100,000 in 30 s",
                f"the same events, known beforehand, in appends of {BATCH}",
                lambda: _appended(store, numbers),
            )
        ]


async def _fired(at: Place, pool: asyncpg.Pool, store: PostgresEventStore, numbers: Iterable[int]) -> Found:
    """Return timers a second until none is due; each must have fired once."""
    await pool.execute("TRUNCATE timer")
    await _open(store, numbers, DUE)
    before = await pool.fetchval("SELECT last_value FROM event_position")
    worker = Timers(pool, store, TICKETS.deciders, lambda: NOW, Wakeup(pool))
    with at.span("timers") as span:
        while await worker.fire():
            pass
    fired = "SELECT count(*), count(DISTINCT stream_id) FROM event WHERE position > $1 AND type = $2"
    assert tuple(await pool.fetchrow(fired, before, "acknowledgement-breached")) == (DUE, DUE)
    assert await pool.fetchval("SELECT count(*) FROM timer WHERE due_at > $1", NOW) == DUE
    return Found(DUE / span.seconds, span.each(DUE))


async def _appended(store: PostgresEventStore, numbers: Iterable[int]) -> float:
    """Return events a second when nothing is read, folded or decided."""
    opened = await _open(store, numbers, APPENDED)
    context = Context(RECEIVED + timedelta(days=1), NOW)
    event = AcknowledgementBreached(CUSTOMER, CUSTOMER, RECEIVED + timedelta(days=1), 2)
    start = time.perf_counter()
    for batch in _batches(opened):
        await store.append(*(Append(stream, 2, str(CUSTOMER), [event], context) for stream in batch))
    return APPENDED / (time.perf_counter() - start)


async def _open(store: PostgresEventStore, numbers: Iterable[int], tickets: int) -> list[str]:
    ids = [UUID(int=number) for _, number in zip(range(tickets), numbers, strict=False)]
    for batch in _batches(ids):
        await store.append(*(item for ticket_id in batch for item in _opening(ticket_id)))
    return [TICKET.stream(ticket_id) for ticket_id in ids]


def _opening(ticket_id: UUID) -> list[Append]:
    command = OpenComplaint(
        ticket_id, CUSTOMER, "delivery", "It came late.", Severity.NORMAL, "phone", RECEIVED, CURRENT
    )
    events = TICKET.decide(command, None)
    after = TICKET.fold(events)
    context = Context(RECEIVED, RECEIVED)
    return appends_of(TICKET, TICKET.stream(ticket_id), 0, events, None, after, subject=str(CUSTOMER), context=context)


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[place : place + BATCH] for place in range(0, len(items), BATCH))
