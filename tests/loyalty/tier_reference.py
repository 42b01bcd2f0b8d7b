"""A second, much simpler account of tiers: live through every day, from the first, in UTC."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from services.loyalty.domain.tiers.period import Kind
from services.loyalty.domain.tiers.record import Record
from services.loyalty.domain.tiers.table import Landing, Requires, TierTable
from services.loyalty.domain.tiers.versions import InForce

ONE_DAY = timedelta(days=1)


def tier_on(day: datetime, record: Record, tables: Sequence[InForce]) -> str:
    """Return the tier at a moment; dates of tables and grants lie at midnight, earnings within the day."""
    earnings = [(item.at, item.net(day), item.events) for item in record.earnings.entries if item.at <= day]
    anchor = (record.enrolled_at or (earnings[0][0] if earnings else day)).date()
    today = min([at.date() for at, _, _ in earnings] + [grant.since.date() for grant in record.grants] + [day.date()])
    table = tables[0].table
    name = table.tiers[0].name
    kept: list[tuple[str, date]] = []
    while today <= day.date():
        yesterday = today - ONE_DAY
        if period_of(today, table, anchor) != period_of(yesterday, table, anchor):
            landed = review(name, yesterday, table, anchor, earnings)
            if landed != name:
                kept.append((name, grace_end(today, table)))
            name = landed
        newest = [item.table for item in tables if item.since.date() <= today][-1:] or [tables[0].table]
        if newest[0] is not table:
            name = follow(name, table, newest[0])
            kept = [(follow(other, table, newest[0]), until) for other, until in kept]
            table = newest[0]
        if tables[0].since.date() <= today:
            reached = best(table, count(today, table, anchor, earnings))
            name = max(name, reached, key=order(table))
        today += ONE_DAY
    given = [grant for grant in record.grants if grant.since <= day < grant.until]
    grants = [follow_all(grant.tier, grant.since, day, tables) for grant in given]
    held = [other for other, until in kept if day.date() < until]
    return max([name, *held, *grants], key=order(table))


def order(table: TierTable) -> Callable[[str], int]:
    names = [tier.name for tier in table.tiers]
    return lambda name: names.index(name)


def period_of(day: date, table: TierTable, anchor: date) -> object:
    match table.period.kind:
        case Kind.YEAR:
            return day.year
        case Kind.HALF:
            return day.year, (day.month - 1) // 6
        case Kind.QUARTER:
            return day.year, (day.month - 1) // 3
        case Kind.MONTH | Kind.ROLLING:
            return day.year, day.month
        case Kind.ANNIVERSARY:
            return day.year - anchor.year - (day < birthday(anchor, day.year))
        case Kind.LIFETIME:
            return "life"


def birthday(anchor: date, year: int) -> date:
    leap = year % 4 == 0
    return date(year, anchor.month, 28 if (anchor.month, anchor.day) == (2, 29) and not leap else anchor.day)


def count(day: date, table: TierTable, anchor: date, earnings: list[tuple[datetime, int, int]]) -> tuple[int, int]:
    """Add up what was earned by the end of a day in its period; in the last months where the period rolls."""
    if table.period.kind is Kind.ROLLING:
        this = day.year * 12 + day.month
        months = range(this - (table.period.months or 1) + 1, this + 1)
        counting = [item for item in earnings if item[0].date() <= day and item[0].year * 12 + item[0].month in months]
    else:
        period = period_of(day, table, anchor)
        counting = [
            item for item in earnings if item[0].date() <= day and period_of(item[0].date(), table, anchor) == period
        ]
    return sum(item[1] for item in counting), sum(item[2] for item in counting if item[1])


def best(table: TierTable, counted: tuple[int, int]) -> str:
    points, events = counted
    found = table.tiers[0].name
    for tier in table.tiers[1:]:
        enough = points >= tier.threshold
        if tier.events is not None:
            often = events >= tier.events
            enough = (enough and often) if table.requires is Requires.BOTH else (enough or often)
        if enough:
            found = tier.name
    return found


def review(name: str, last: date, table: TierTable, anchor: date, earnings: list[tuple[datetime, int, int]]) -> str:
    names = [tier.name for tier in table.tiers]
    earned = best(table, count(last, table, anchor, earnings))
    step = names[max(0, names.index(name) - 1)] if table.landing is Landing.ONE_STEP else names[0]
    return max(earned, step, key=names.index) if name != names[0] else name


def grace_end(day: date, table: TierTable) -> date:
    month = day.year * 12 + day.month - 1 + table.grace_months
    first = date(month // 12, month % 12 + 1, 1)
    following = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    clamped = min(first + timedelta(days=day.day - 1), following - ONE_DAY)
    return clamped + timedelta(days=table.grace_days)


def follow(name: str, before: TierTable, after: TierTable) -> str:
    for tier in reversed([tier.name for tier in before.tiers][: [tier.name for tier in before.tiers].index(name) + 1]):
        for other in after.tiers:
            if tier == other.name or tier in other.formerly:
                return other.name
    return after.tiers[0].name


def follow_all(name: str, since: datetime, until: datetime, tables: Sequence[InForce]) -> str:
    """Return what a granted tier has become; nothing where no table knew it by then."""
    known = [place for place, item in enumerate(tables) if place == 0 or item.since <= since]
    at = [place for place in known if name in [tier.name for tier in tables[place].table.tiers]]
    last = [place for place, item in enumerate(tables) if place == 0 or item.since <= until][-1]
    if not at:
        return tables[last].table.tiers[0].name
    for place in range(at[-1], last):
        name = follow(name, tables[place].table, tables[place + 1].table)
    return name
