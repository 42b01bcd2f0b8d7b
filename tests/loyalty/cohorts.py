"""What the views and the ledger say of the same lots, for the tests of cohorts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

import asyncpg

from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.movements import Fact
from services.loyalty.domain.liability.cohort import Cohort, Moved, Position, position
from services.loyalty.views.lots_issued import LOTS_ISSUED
from services.loyalty.views.lots_moved import LOTS_MOVED
from shared.store.contract import Moment, Recorded
from shared.views.rows import Rows
from shared.views.view import View

VIEWS: tuple[View[Any], ...] = (LOTS_ISSUED, LOTS_MOVED)

Points = tuple[int, int, int, int]
"""Issued, redeemed, reversed, lapsed."""


def recorded(fact: Fact, version: int) -> Recorded:
    """Return the fact as a view gets it."""
    nothing = cast("Any", None)
    times = (fact.occurred_at, fact.recorded_at)
    return Recorded(
        "loyalty", fact.owner, version, version, 0, fact.owner, fact.type, 1, fact.event, nothing, *times, {}
    )


def rows_of(events: Iterable[Recorded]) -> dict[str, dict[str, Any]]:
    """Return the rows of both views, by view and key, that the events come to."""
    found: dict[str, dict[str, Any]] = {"lots_issued": {}, "lots_moved": {}}
    for event in events:
        for view in VIEWS:
            if view.reads[0].knows(event.type) and view.key(event) is not None:
                found[view.name][str(view.key(event))] = view.project(None, event)
    return found


async def save(pool: asyncpg.Pool, events: Iterable[Recorded]) -> None:
    """Let both views follow the events."""
    rows = rows_of(events)
    async with pool.acquire() as connection:
        for view in VIEWS:
            await Rows(view).save(connection, rows[view.name])


def ledger_says(log: Sequence[Fact], at: Moment, now: datetime) -> Points:
    """Return what the account's own fold says of all its lots at a moment."""
    events = [fact.event for fact in log if at.covers(cast("Recorded", fact))]
    lots = [lot for lot in ACCOUNT.fold(events).lots.values() if lot.points]
    return (
        sum(lot.points for lot in lots if not lot.origin),
        sum(lot.spent for lot in lots),
        sum(lot.reversed for lot in lots),
        sum(max(0, lot.expired(now)) + lot.forfeited for lot in lots),
    )


def views_say(moved: Sequence[Moved]) -> Points:
    """Return the same as the views have it."""
    by_cohort: dict[Cohort, list[Moved]] = defaultdict(list)
    for item in moved:
        by_cohort[item.cohort].append(item)
    found: list[Position] = [position(items) for items in by_cohort.values()]
    return (
        sum(item.issued for item in found),
        sum(item.redeemed for item in found),
        sum(item.reversed for item in found),
        sum(item.lapsed for item in found),
    )
