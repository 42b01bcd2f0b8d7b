"""What is owed for the points of 100,000 members, as of a past date: the whole answer, from the views' rows on."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import asyncpg

from bench.figures import Figure, Found, measured
from bench.place import Place
from rapport.services import load
from services.loyalty.adapters.lot_movements import movements_of_cohorts
from services.loyalty.domain.ledger.events import Event, PointsEarned, PointsSpent
from services.loyalty.domain.liability.assumptions import Assumptions
from services.loyalty.domain.liability.liability import lines
from services.loyalty.views.lots_issued import LOTS_ISSUED
from services.loyalty.views.lots_moved import LOTS_MOVED
from shared.http.moments import Asked
from shared.store.contract import Recorded
from shared.views.rows import Rows
from shared.views.view import View

LOYALTY = load("loyalty")
MEMBERS, ORDERS, MONTHS = 100_000, 6, 60
START = datetime(2020, 1, 1, tzinfo=UTC)
PAST = START + timedelta(days=30 * 48)
LIVES = timedelta(days=730)
PAGE = 10_000
VIEWS: tuple[View[Any], ...] = (LOTS_ISSUED, LOTS_MOVED)
ADDED_UP = f"""
SELECT (SELECT sum(points) FROM {LOTS_ISSUED.table.name}), (SELECT count(redeemed) FROM {LOTS_MOVED.table.name})
"""
ASSUMED = Assumptions(Decimal("0.01"), Decimal("0.8"), 24)


async def liability(at: Place) -> list[Figure]:
    """Measure the answer as of the end of the fourth of five years, of six orders and up to six spends a member."""
    async with at.pool(LOYALTY, 2) as pool:
        await _fill(pool)
        return [
            await measured(
                "loyalty_liability",
                "s",
                lambda: _answered(pool),
                f"<= 10, {MEMBERS:,} members, a past date",
                "adding up the points of the same rows, and nothing else",
                lambda: _added_up(pool),
            )
        ]


async def _answered(pool: asyncpg.Pool) -> Found:
    start = time.perf_counter()
    moved = await movements_of_cohorts(pool, Asked(PAST, now=PAST), "Europe/Berlin")
    read = time.perf_counter()
    found = lines(moved, PAST.date().replace(day=1), lambda *_: ASSUMED)
    assert len(found) >= MONTHS // 2
    assert sum(line.liability for line in found) > 0
    return Found(time.perf_counter() - start, {"cells": len(moved), "reading": read - start})


async def _added_up(pool: asyncpg.Pool) -> float:
    start = time.perf_counter()
    await pool.fetch(ADDED_UP)
    return time.perf_counter() - start


async def _fill(pool: asyncpg.Pool) -> None:
    """Let both views follow what the members did; the rows are those that `project` makes of their events."""
    dice = random.Random(6)  # noqa: S311 - what members buy; nothing secret
    async with pool.acquire() as connection:
        for first in range(1, MEMBERS + 1, PAGE):
            events = [event for number in range(first, first + PAGE) for event in _events(UUID(int=number), dice)]
            for view in VIEWS:
                taken = [event for event in events if view.reads[0].knows(event.type) and view.key(event)]
                await Rows(view).copy(connection, [view.project(None, event) for event in taken])
        await connection.execute("ANALYZE")


def _events(member: UUID, dice: random.Random) -> Iterator[Recorded]:
    version = 0
    for order in range(ORDERS):
        bought = START + timedelta(days=dice.uniform(0, 30 * MONTHS))
        points = dice.randint(5, 500)
        version += 1
        yield _recorded(member, version, "points-earned", _earned(member, order, points, bought), bought)
        if dice.random() < 0.6:
            used = bought + timedelta(days=dice.expovariate(1 / 120))
            spent = PointsSpent(member, f"s{order}", points, "", {f"bench:{order}": points}, 0)
            version += 1
            yield _recorded(member, version, "points-spent", spent, used)


def _earned(member: UUID, order: int, points: int, at: datetime) -> PointsEarned:
    rule = (Decimal(points), "EUR", "one-per-whole-unit", 1)
    return PointsEarned(member, f"bench:{order}", "bench", str(order), points, *rule, at, 0, 0, None, at + LIVES)


def _recorded(member: UUID, version: int, type_: str, event: Event, at: datetime) -> Recorded:
    nothing = cast("Any", None)
    stream = f"account-{member}"
    return Recorded("loyalty", stream, version, version, 0, str(member), type_, 1, event, nothing, at, at, {})
