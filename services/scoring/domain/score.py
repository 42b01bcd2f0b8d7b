"""A customer's score: it changes only when a run finds something that matters, and says why."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from services.scoring.domain.events import CustomerScored, EdgesFrozen
from services.scoring.domain.pyramid import Standing, Tier, settle
from shared.decider import Decider

MATERIAL = 0.05
"""A forecast that moved by less than this, absolutely or as a part of itself, is not worth an event."""


class Measured(Struct, frozen=True):
    """What a run measured of one customer."""

    customer_id: UUID
    recency: int
    frequency: int
    monetary: int
    value: Decimal
    purchases: int
    transaction_days: int
    first_day: date
    last_day: date
    expected_purchases: float | None
    probability_alive: float | None


class ScoreCustomer(Struct, frozen=True):
    """Score a customer by what a run measured, under the edges that it froze."""

    run: EdgesFrozen
    measured: Measured


class Score(Struct, frozen=True):
    """The newest score."""

    latest: CustomerScored | None = None


def decide(command: ScoreCustomer, score: Score) -> Sequence[CustomerScored]:
    """Return the new score where it differs from the latest in something that matters; each run counts once."""
    latest, run, measured = score.latest, command.run, command.measured
    if latest is not None and latest.run_id == run.run_id:
        return ()
    before = Standing(latest.tier, latest.towards, latest.towards_runs) if latest else None
    standing = settle(before, float(measured.value), run.edges.tiers, run.rule)
    found = CustomerScored(
        measured.customer_id,
        run.run_id,
        standing.tier,
        latest.tier if latest else None,
        standing.towards,
        standing.runs,
        measured.recency,
        measured.frequency,
        measured.monetary,
        measured.value,
        run.currency,
        measured.purchases,
        measured.transaction_days,
        measured.first_day,
        measured.last_day,
        measured.expected_purchases,
        measured.probability_alive,
        _reason(run, float(measured.value), standing),
    )
    return (found,) if latest is None or _differs(latest, found) else ()


def _differs(latest: CustomerScored, found: CustomerScored) -> bool:
    return (
        _facts(latest) != _facts(found)
        or _moved(latest.expected_purchases, found.expected_purchases)
        or _moved(latest.probability_alive, found.probability_alive)
    )


def _facts(score: CustomerScored) -> tuple[object, ...]:
    """Return what must be exact: where the customer stands, and what they bought."""
    return (
        *(score.tier, score.towards, score.towards_runs, score.recency, score.frequency, score.monetary),
        *(score.value, score.currency, score.purchases, score.first_day, score.last_day, score.transaction_days),
    )


def _moved(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(before - after) >= MATERIAL * max(1.0, abs(before))


def _reason(run: EdgesFrozen, value: float, standing: Standing) -> str:
    """Say in words without names or amounts of others why the tier is what it is."""
    edge = run.edges.tiers.get(standing.tier)
    if edge is None:
        found = f"below the iron edge {run.edges.tiers[Tier.IRON]:.2f}"
    else:
        place = "at or above" if value >= edge else "kept, below"
        found = f"{place} the {standing.tier} edge {edge:.2f}"
    needed = run.rule.runs_in_a_row
    waits = f"; towards {standing.towards}: run {standing.runs} of {needed}" if standing.towards else ""
    return f"{value:.2f} {run.currency} is {found}{waits}"


def evolve(score: Score, event: CustomerScored) -> Score:
    """Return the score after the event."""
    return Score(event)


SCORE: Decider[ScoreCustomer, CustomerScored, Score] = Decider("score", Score(), decide, evolve)
