"""Tickets with their timers on a real PostgreSQL: a year of complaints in a moment."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from msgspec import structs

from services.tickets.domain.commands import Acknowledge, Command, Reopen, Resolve
from services.tickets.domain.levels import CURRENT
from services.tickets.domain.terms import Decision
from services.tickets.domain.ticketing import TICKET
from services.tickets.service import SERVICE
from shared.handle import Handler
from shared.migrations import migrate
from shared.runtime.pool import connect
from shared.store.contract import Context
from shared.store.postgres import PostgresEventStore
from shared.testing.clock import SettableClock
from shared.timers.timers import Timers
from shared.wakeup import Wakeup
from tests.tickets.ticket_facts import ANNA, DAY, HOUR, OPEN, REDRESS, T0


class Desk:
    """A service desk whose time the test moves."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.clock = SettableClock(T0)
        self.pool = pool
        self.store = PostgresEventStore(pool, SERVICE.publishes, self.clock)
        self.handler = Handler(self.store)
        self.timers = Timers(pool, self.store, SERVICE.deciders, self.clock, Wakeup(pool))

    async def open(self, number: int, received_at: datetime | None = None) -> None:
        command = structs.replace(
            OPEN, ticket_id=UUID(int=number), received_at=received_at or self.clock(), levels=CURRENT
        )
        await self.do(number, command)

    async def do(self, number: int, command: Command) -> None:
        context = Context(self.clock(), self.clock())
        stream = TICKET.stream(UUID(int=number))
        await self.handler.handle(TICKET, stream, command, subject=str(ANNA), context=context)

    async def until(self, moment: datetime) -> None:
        await self.timers.run_until(self.clock, moment)

    async def told(self, number: int) -> list[tuple[str, timedelta, timedelta]]:
        """Return what the ticket's clocks said: type, when it happened, when it was recorded; both since T0."""
        events = await self.store.read(TICKET.stream(UUID(int=number)))
        return [
            (item.type, item.occurred_at - T0, item.recorded_at - T0)
            for item in events
            if item.type.endswith(("-warned", "-breached"))
        ]


@pytest.fixture
async def desk(database: str) -> AsyncIterator[Desk]:
    await migrate(SERVICE, database)
    pool = await connect(database, size=4)
    yield Desk(pool)
    await pool.close()


async def test_a_forgotten_complaint_warns_and_is_breached_at_its_own_moments(desk: Desk) -> None:
    await desk.open(1)
    await desk.until(T0 + timedelta(days=365))
    assert await desk.told(1) == [
        ("acknowledgement-warned", 18 * HOUR, 18 * HOUR),
        ("acknowledgement-breached", DAY, DAY),
        ("promise-warned", 5.25 * DAY, 5.25 * DAY),
        ("promise-breached", 7 * DAY, 7 * DAY),
    ]
    assert await desk.timers.next_due() is None


async def test_a_complaint_of_long_ago_is_breached_at_once_and_not_warned_about(desk: Desk) -> None:
    await desk.open(1, received_at=T0 - 300 * DAY)
    await desk.until(T0)
    assert await desk.told(1) == [
        ("acknowledgement-breached", -299 * DAY, timedelta()),
        ("promise-breached", -293 * DAY, timedelta()),
    ]


async def test_what_is_done_in_time_is_never_spoken_of(desk: Desk) -> None:
    await desk.open(1)
    await desk.until(T0 + HOUR)
    await desk.do(1, Acknowledge(desk.clock()))
    await desk.until(T0 + 2 * DAY)
    await desk.do(1, Resolve(Decision.UPHELD, REDRESS, "So it was.", desk.clock(), CURRENT))
    await desk.until(T0 + 365 * DAY)
    assert await desk.told(1) == []


async def test_a_reopened_complaint_gets_a_new_deadline_by_itself(desk: Desk) -> None:
    await desk.open(1)
    await desk.do(1, Acknowledge(desk.clock()))
    await desk.do(1, Resolve(Decision.UPHELD, REDRESS, "So it was.", desk.clock(), CURRENT))
    await desk.until(T0 + 10 * DAY)
    await desk.do(1, Reopen("It was not.", desk.clock(), CURRENT))
    await desk.until(T0 + 20 * DAY)
    assert [(what, at) for what, at, _ in await desk.told(1)] == [
        ("promise-warned", 15.25 * DAY),
        ("promise-breached", 17 * DAY),
    ]


async def test_every_timer_stands_where_its_ticket_says(desk: Desk) -> None:
    for number in range(1, 31):
        await desk.open(number, received_at=T0 - number * DAY / 4)
        if number % 3 == 0:
            await desk.do(number, Acknowledge(desk.clock()))
    for day in range(10):
        await desk.until(T0 + day * DAY)
        for number in range(1, 31):
            stream = TICKET.stream(UUID(int=number))
            ticket = TICKET.fold(item.event for item in await desk.store.read(stream))
            assert TICKET.wakes
            assert await desk.store.wakes_at(stream) == TICKET.wakes(ticket)
