"""What is wrong with a tier table, each fault with the place in the table at which it stands."""

from collections.abc import Collection, Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.loyalty.domain.tiers.period import MONTHS, Kind, Period
from services.loyalty.domain.tiers.table import Tier, TierTable

Fault = tuple[str, str]
"""(JSON pointer into the table, message)."""

LARGEST = 2**63 - 1
MOST_TIERS = 50
MOST_MONTHS = 120
LONGEST_NAME = 64
LARGEST_FACTOR = 1000
_SHORTEST = {1: 28, 3: 90, 6: 181, 12: 365}
"""Days of the shortest stretch of so many months that begins with a calendar period."""


def faults(table: TierTable, currencies: Collection[str]) -> list[Fault]:
    """Return all that is wrong with a table of a programme that has these point currencies; none: it can be used."""
    return [
        *_tiers(table.tiers),
        *_period(table.period),
        *_grace(table),
        *([] if table.currency in currencies else [("/currency", f"{table.currency!r} is not declared")]),
        *_zone(table.zone),
    ]


def faults_after(before: TierTable, table: TierTable) -> list[Fault]:
    """Return what is wrong with a table as the version after another: its currency and the order of tiers must stay."""
    found = (
        [] if table.currency == before.currency else [("/currency", f"must stay {before.currency!r}: it was earned")]
    )
    kept = [(tier.name, table.successor(tier.name)) for tier in before.tiers]
    known = [(name, rank) for name, rank in kept if rank is not None]
    return found + [
        (f"/tiers/{rank}/name", f"{higher!r} stood above {lower!r} until now, and must not come to stand below it")
        for (lower, least), (higher, rank) in pairwise(known)
        if rank < least
    ]


def _tiers(tiers: tuple[Tier, ...]) -> Iterator[Fault]:
    if not 1 <= len(tiers) <= MOST_TIERS:
        yield "/tiers", f"must hold the tier that everybody begins with, and at most {MOST_TIERS}"
        return
    if tiers[0].threshold != 0 or tiers[0].events:
        yield "/tiers/0/threshold", "must be 0, without events: the first tier is everybody's"
    seen: dict[str, int] = {}
    for place, tier in enumerate(tiers):
        if tier.name in seen:
            yield f"/tiers/{place}/name", f"{tier.name!r} is the name of another one too"
        seen.setdefault(tier.name, place)
        yield from _tier(f"/tiers/{place}", tier)
    for place, tier in enumerate(tiers):
        for name in tier.formerly:
            if name in seen:
                yield f"/tiers/{place}/formerly", f"{name!r} is the name of another one, or stands there too"
            seen.setdefault(name, place)
    yield from _ascending(tiers)


def _tier(place: str, tier: Tier) -> Iterator[Fault]:
    if not 1 <= len(tier.name.strip()) == len(tier.name) <= LONGEST_NAME:
        yield f"{place}/name", f"must be 1 to {LONGEST_NAME} characters, without spaces around them"
    if not 0 <= tier.threshold <= LARGEST:
        yield f"{place}/threshold", f"must lie between 0 and {LARGEST}"
    if tier.events is not None and tier.events < 0:
        yield f"{place}/events", "must not be negative"
    multiplier, price = tier.benefits.multiplier, tier.benefits.reward_price
    if not multiplier.is_finite() or not 1 <= multiplier <= LARGEST_FACTOR:
        yield f"{place}/benefits/multiplier", f"must be 1 to {LARGEST_FACTOR}: no tier makes earnings less"
    if not price.is_finite() or not 0 < price <= LARGEST_FACTOR:
        yield f"{place}/benefits/reward_price", f"must be above 0, and at most {LARGEST_FACTOR}"


def _ascending(tiers: tuple[Tier, ...]) -> Iterator[Fault]:
    """Each tier asks for more than the one before it, and for more events than the last one that asks for any."""
    for place, (lower, tier) in enumerate(pairwise(tiers), start=1):
        if tier.threshold <= lower.threshold:
            yield f"/tiers/{place}/threshold", f"must be above {lower.threshold}, the threshold of {lower.name!r}"
    asking = [(place, tier, tier.events) for place, tier in enumerate(tiers) if place and tier.events is not None]
    if asking and asking[0][2] == 0:
        yield f"/tiers/{asking[0][0]}/events", "must be above 0: everybody has none"
    for (_, lower, fewer), (place, _, events) in pairwise(asking):
        if events <= fewer:
            yield f"/tiers/{place}/events", f"must be above {fewer}, the events of {lower.name!r}"


def _period(period: Period) -> Iterator[Fault]:
    if period.kind is Kind.ROLLING:
        if period.months is None or not 1 <= period.months <= MOST_MONTHS:
            yield "/period/months", f"must say how many months roll: 1 to {MOST_MONTHS}"
    elif period.months is not None:
        yield "/period/months", f"has no meaning for {period.kind}: leave it out, or let the period be rolling"


def _grace(table: TierTable) -> Iterator[Fault]:
    for name, length in (("grace_months", table.grace_months), ("grace_days", table.grace_days)):
        if length < 0:
            yield f"/{name}", "must not be negative"
    if table.period.kind is Kind.LIFETIME:
        if table.grace_months or table.grace_days:
            yield "/grace_months" if table.grace_months else "/grace_days", "a lifetime has no reviews, and so no grace"
        return
    months = table.period.width if table.period.kind is Kind.ROLLING else MONTHS[table.period.kind]
    shortest = _SHORTEST.get(months, months * 30 - 2)
    if table.grace_months * 31 + table.grace_days >= shortest:
        place = "grace_months" if table.grace_months else "grace_days"
        yield f"/{place}", f"the grace must be shorter than the period, which may have no more than {shortest} days"


def _zone(zone: str) -> Iterator[Fault]:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield "/zone", "is no time zone: name one such as Europe/Berlin"
