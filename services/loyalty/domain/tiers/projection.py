"""What lies ahead of a member: to the next tier, to keep this one, and what the review will say if nothing more comes.

All of it by asking the same functions about later moments.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, structs

from services.loyalty.domain.tiers.history import Move, history, tier_at
from services.loyalty.domain.tiers.period import ALWAYS, NEVER, Periods
from services.loyalty.domain.tiers.record import Record
from services.loyalty.domain.tiers.table import TierTable
from services.loyalty.domain.tiers.versions import Tables, carried, index_at


class Goal(Struct, frozen=True):
    """What is missing for a tier: so many points and events, earned before `by` (None: whenever).

    Where the table says that one of them is enough, `events` would do instead of the points (None: events don't count).
    """

    tier: str
    points: int
    events: int | None
    by: datetime | None


class Projection(Struct, frozen=True):
    """A member's tier at a moment, and what follows if nothing more happens.

    `reviewed_at` is the end of the period (None: never), `after_review` the tier once that
    review has taken effect, grace and grants included, and `loss` the next time that the tier
    falls. `next` is None on the highest tier, and `keep` on the first.
    """

    tier: str
    next: Goal | None
    keep: Goal | None
    reviewed_at: datetime | None
    after_review: str | None
    loss: Move | None


class _Review(Struct, frozen=True):
    """A review that is to come: by which version, what counts from when, and from when on it takes a tier."""

    at: datetime
    version: int
    opens: datetime
    effect: datetime


def projection(record: Record, tables: Tables, moment: datetime) -> Projection:
    """Return what lies ahead at a moment, by the facts that had happened by then."""
    known = structs.replace(record, earnings=record.earnings.until(moment))
    tier = tier_at(known, tables, moment)
    reviews = _reviews(known, tables, moment)
    loss = next((move for move in _ahead(known, tables, moment, reviews) if _falls(move, tables)), None)
    review = reviews[0] if reviews else None
    return Projection(
        tier,
        _next(known, tables, moment, tier),
        _keep(known, tables, moment, tier, review, loss),
        review.at if review else None,
        tier_at(known, tables, review.effect) if review else None,
        loss,
    )


def _reviews(record: Record, tables: Tables, moment: datetime) -> list[_Review]:
    """Return the reviews to come, as many as it takes to lose a step of what was earned by now."""
    found: list[_Review] = []
    for index in range(index_at(tables, moment), len(tables)):
        table = tables[index].table
        close = tables[index + 1].since if index + 1 < len(tables) else NEVER
        periods = Periods(table.period, table.zone, record.anchor)
        number = periods.number(max(moment, tables[index].since))
        for ahead in range(table.period.width + 1):
            end = periods.start(number + ahead + 1)
            if end > close or end == NEVER:
                break
            found.append(_Review(end, index, periods.opens(number + ahead), table.lost_at(end)))
    return found


def horizon(record: Record, tables: Tables, moment: datetime) -> datetime:
    """Return until when to look for the moves after a moment if nothing more happens: the first, and the first loss."""
    return _horizon(record, tables, moment, _reviews(record, tables, moment))


def _horizon(record: Record, tables: Tables, moment: datetime, reviews: Sequence[_Review]) -> datetime:
    grants = (at for grant in record.grants for at in (grant.since, grant.until))
    return max(moment, *(review.effect for review in reviews), *grants, *(version.since for version in tables))


def _ahead(record: Record, tables: Tables, moment: datetime, reviews: Sequence[_Review]) -> list[Move]:
    until = _horizon(record, tables, moment, reviews)
    return [move for move in history(record, tables, until) if move.at > moment]


def _falls(move: Move, tables: Tables) -> bool:
    """Tell a loss; a tier that only gets another name with a new table isn't one."""
    table = tables[index_at(tables, move.at)].table
    before, after = table.rank(move.before), table.rank(move.after)
    return before is not None and after is not None and after < before


def _next(record: Record, tables: Tables, moment: datetime, tier: str) -> Goal | None:
    index = index_at(tables, moment)
    table = tables[index].table
    rank = table.rank(tier) or 0
    if rank == table.highest:
        return None
    periods = Periods(table.period, table.zone, record.anchor)
    number = periods.number(moment)
    end = periods.start(number + 1)
    close = tables[index + 1].since if index + 1 < len(tables) else NEVER
    return _goal(record, table, rank + 1, periods.opens(number), min(end, close))


def _keep(
    record: Record, tables: Tables, moment: datetime, tier: str, review: _Review | None, loss: Move | None
) -> Goal | None:
    """Return what keeps the tier over the next review, and over whatever takes it before."""
    index = review.version if review else index_at(tables, moment)
    table = tables[index].table
    now = index_at(tables, moment)
    rank = carried(tables[now].table.rank(tier) or 0, tables, now, index)
    if not rank:
        return None
    if loss is None or (review and loss.at > review.effect):
        return Goal(table.tiers[rank].name, 0, None, None)
    opens, by = (review.opens, min(loss.at, review.at)) if review else (ALWAYS, loss.at)
    return _goal(record, table, rank, opens, by)


def _goal(record: Record, table: TierTable, rank: int, opens: datetime, by: datetime) -> Goal:
    points, events = record.earnings.sums.within(opens, NEVER)
    tier = table.tiers[rank]
    missing = None if tier.events is None else max(0, tier.events - events)
    return Goal(tier.name, max(0, tier.threshold - points), missing, None if by == NEVER else by)
