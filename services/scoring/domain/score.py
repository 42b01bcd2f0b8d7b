"""A customer's score: it changes only when a run finds something that matters, and says why."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from services.scoring.domain.events import CustomerScored
from services.scoring.domain.pyramid import Standing, Tier, settle
from shared.decider import Decider

MATERIAL = 0.05
"""Changes of the expected purchases or of the probability of being alive below this are not worth an event."""


class ScoreCustomer(Struct, frozen=True):
    """What a run found about a customer; `tier_edges` are the run's."""

    customer_id: UUID
    run_id: UUID
    tier_edges: Mapping[Tier, float]
    recency: int
    frequency: int
    monetary: int
    value: Decimal
    currency: str
    expected_purchases: float | None
    probability_alive: float | None


class Score(Struct, frozen=True):
    """The newest score."""

    latest: CustomerScored | None = None


def decide(command: ScoreCustomer, score: Score) -> Sequence[CustomerScored]:
    """Return the new score where it differs from the latest in something that matters; each run counts once."""
    latest = score.latest
    if latest is not None and latest.run_id == command.run_id:
        return ()
    before = Standing(latest.tier, latest.towards, latest.towards_runs) if latest else None
    standing = settle(before, float(command.value), command.tier_edges)
    found = CustomerScored(
        command.customer_id,
        command.run_id,
        standing.tier,
        latest.tier if latest else None,
        standing.towards,
        standing.runs,
        command.recency,
        command.frequency,
        command.monetary,
        command.value,
        command.currency,
        command.expected_purchases,
        command.probability_alive,
        _reason(command, standing),
    )
    return (found,) if latest is None or _differs(latest, found) else ()


def _differs(latest: CustomerScored, found: CustomerScored) -> bool:
    return _classes(latest) != _classes(found) or any(
        abs((before or 0.0) - (after or 0.0)) >= MATERIAL
        for before, after in (
            (latest.expected_purchases, found.expected_purchases),
            (latest.probability_alive, found.probability_alive),
        )
    )


def _classes(score: CustomerScored) -> tuple[object, ...]:
    return (
        score.tier,
        score.towards,
        score.towards_runs,
        score.recency,
        score.frequency,
        score.monetary,
        score.value,
        score.currency,
    )


def _reason(command: ScoreCustomer, standing: Standing) -> str:
    edge = command.tier_edges.get(standing.tier)
    value = f"value {command.value} {command.currency}"
    if edge is None:
        found = f"{value} is below the iron edge {command.tier_edges[Tier.IRON]:.2f}"
    else:
        place = "at or above" if float(command.value) >= edge else "within the hysteresis below"
        found = f"{value} is {place} the {standing.tier} edge {edge:.2f}"
    waits = f"; {standing.runs} run towards {standing.towards}" if standing.towards else ""
    return f"{found} of run {command.run_id}{waits}"


def evolve(score: Score, event: CustomerScored) -> Score:
    """Return the score after the event."""
    return Score(event)


SCORE: Decider[ScoreCustomer, CustomerScored, Score] = Decider("score", Score(), decide, evolve)
