"""What answers need beyond a stream and a list: who is one with whom, the newest run, the events behind a score."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct
from sqlalchemy import Date, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import distinct_on

from services.scoring.domain.spending import Day, units
from services.scoring.views.evidence import EVIDENCE, EvidenceRow
from services.scoring.views.runs import RUNS
from shared.merging import group
from shared.store.contract import NOW, EventStore, Moment, Recorded
from shared.views.query import compiled
from shared.views.rows import Rows

_RUN, _FACT = RUNS.table.c, EVIDENCE.table.c
_DAY: Any = cast(func.timezone(literal_column("'UTC'"), _FACT.occurred_at), Date)
_rows: Rows[EvidenceRow] = Rows(EVIDENCE)


class Together(Struct, frozen=True):
    """Customers who are one: `root` stands for all `members`, which are in order and include it."""

    root: UUID
    members: tuple[UUID, ...]


async def together(pool: asyncpg.Pool, customer_id: UUID, at: Moment = NOW) -> Together:
    """Return whom the customer is one with at a moment; nobody but themselves where nothing was merged."""
    found = await group(pool, str(customer_id), at)
    return Together(UUID(found.root), tuple(UUID(member) for member in found.members))


async def histories(store: EventStore, streams: Sequence[str], at: Moment) -> list[Recorded]:
    """Return exactly the events of the streams that count at `at`, stream by stream."""
    return [recorded for stream in streams for recorded in await store.read(stream, at=at)]


async def latest_run(pool: asyncpg.Pool, at: Moment = NOW) -> UUID | None:
    """Return the run that had been completed last at a moment; a run ends when its end is recorded."""
    newest_first = select(_RUN.run_id).order_by(_RUN.ended_at.desc(), _RUN.run_id.desc())
    bounds = [_RUN.ended_at <= moment for moment in (at.as_of, at.known_at) if moment is not None]
    statement, arguments = compiled(newest_first.where(_RUN.status == "completed", *bounds).limit(1))
    found = await pool.fetchval(statement, *arguments)
    return None if found is None else UUID(int=found.int)


class Behind(Struct, frozen=True):
    """Which facts stand behind a figure: whose, as of when, in which currency, up to the end of which day in UTC."""

    members: Sequence[UUID]
    at: Moment = NOW
    currency: str | None = None
    until: date | None = None

    @property
    def conditions(self) -> list[Any]:
        """The facts as conditions on the table of evidence."""
        found: list[Any] = [_FACT.customer_id.in_(self.members)]
        if self.currency is not None:
            found.append(_FACT.currency == self.currency)
        if self.until is not None:
            found.append(_FACT.occurred_at < datetime.combine(self.until + timedelta(days=1), time(), UTC))
        if self.at.as_of is not None:
            found.append(_FACT.occurred_at <= self.at.as_of)
        if self.at.known_at is not None:
            found.append(_FACT.recorded_at <= self.at.known_at)
        return found


async def evidence(pool: asyncpg.Pool, behind: Behind, most: int) -> Sequence[EvidenceRow]:
    """Return the newest `most` of the purchases and refunds."""
    newest_first = select(EVIDENCE.table).order_by(_FACT.occurred_at.desc(), _FACT.event_id.desc())
    statement, arguments = compiled(newest_first.where(*behind.conditions).limit(most))
    return [_rows.row(row) for row in await pool.fetch(statement, *arguments)]


async def spending(pool: asyncpg.Pool, behind: Behind) -> tuple[Day, ...]:
    """Return the purchases and refunds day by day, as `customer_value` folds them."""
    bought = func.count().filter(_FACT.refund.is_(False))
    by_day: Any = select(_DAY, func.sum(_FACT.amount), bought).where(*behind.conditions)
    statement, arguments = compiled(by_day.group_by(_DAY).order_by(_DAY))
    return tuple(Day(row[0].toordinal(), units(row[1]), row[2]) for row in await pool.fetch(statement, *arguments))


async def purchase_days(pool: asyncpg.Pool, behind: Behind) -> Sequence[EvidenceRow]:
    """Return the first purchase of each day on which something was bought, the earliest day first."""
    first = select(EVIDENCE.table).where(_FACT.refund.is_(False), *behind.conditions).ext(distinct_on(_DAY))
    statement, arguments = compiled(first.order_by(_DAY, _FACT.occurred_at, _FACT.event_id))
    return [_rows.row(row) for row in await pool.fetch(statement, *arguments)]
