"""Sentences about tiers, for tests: tables, earnings, and days."""

from datetime import UTC, datetime
from typing import Any

from services.loyalty.domain.tiers.earnings import Earning, Reversal, of
from services.loyalty.domain.tiers.history import history
from services.loyalty.domain.tiers.period import Kind, Period
from services.loyalty.domain.tiers.record import Grant, Record
from services.loyalty.domain.tiers.table import Landing, Tier, TierTable
from services.loyalty.domain.tiers.versions import InForce

YEAR, QUARTER, MONTH, ANNIVERSARY, LIFETIME = (
    Period(kind) for kind in (Kind.YEAR, Kind.QUARTER, Kind.MONTH, Kind.ANNIVERSARY, Kind.LIFETIME)
)
ONE_STEP = Landing.ONE_STEP
FOUR = (Tier("member", 0), Tier("silver", 100), Tier("gold", 250), Tier("platinum", 500))


def rolling(months: int) -> Period:
    return Period(Kind.ROLLING, months)


def on(text: str) -> datetime:
    """Return the time that `2026-03-01` or `2026-03-01T09:30` names, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def table(*tiers: Tier, **more: Any) -> list[InForce]:
    return [InForce(TierTable(tiers or FOUR, **more))]


def earned(when: str, points: int, *taken_back: tuple[str, int], events: int = 1, name: str = "") -> Earning:
    reversals = tuple(Reversal(f"r{place}", on(at), less) for place, (at, less) in enumerate(taken_back))
    return Earning(name or when, on(when), points, events, reversals)


def granted(tier: str, since: str, until: str, name: str = "g1") -> Grant:
    return Grant(name, tier, on(since), on(until), "a match", "tester")


def record(*facts: Earning | Grant, enrolled: str | None = None) -> Record:
    return Record(
        of(fact for fact in facts if isinstance(fact, Earning)),
        tuple(fact for fact in facts if isinstance(fact, Grant)),
        on(enrolled) if enrolled else None,
    )


def story(of_: Record, tables: list[InForce], until: str = "2030-01-01") -> list[tuple[str, str, str]]:
    """Return each move as (when, the tier since then, why); a time of midnight is told as its day."""
    return [
        (move.at.strftime("%Y-%m-%dT%H:%M").removesuffix("T00:00"), move.after, str(move.reason))
        for move in history(of_, tables, on(until))
    ]
