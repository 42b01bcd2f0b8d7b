"""A customer's score: it changes only when a run finds something that matters, and says why."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from services.scoring.domain.events import Cause, CustomerScored, EdgesFrozen
from services.scoring.domain.pyramid import Standing, Tier, settle, tier_of
from shared.decider import Decider

MATERIAL = 0.05
"""A forecast that moved by less than this, absolutely or as a part of itself, is not worth an event."""


class Measured(Struct, frozen=True):
    """What a run measured of one customer, and of those `members`, in order, whom they stand for."""

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
    members: tuple[UUID, ...] = ()


class ScoreCustomer(Struct, frozen=True):
    """Score a customer by what a run measured, under the edges that it froze.

    With `because` the decision is taken anew for the sake of a merge or its undo.
    """

    run: EdgesFrozen
    measured: Measured
    because: tuple[Cause, ...] = ()


class Score(Struct, frozen=True):
    """The newest score, and where the customer stood when they stood for these members."""

    latest: CustomerScored | None = None
    standings: Mapping[tuple[UUID, ...], Standing] = {}


def decide(command: ScoreCustomer, score: Score) -> Sequence[CustomerScored]:
    """Return the new score where it differs from the latest in something that matters; each run counts once."""
    latest, run, measured = score.latest, command.run, command.measured
    if latest is not None and latest.run_id == run.run_id:
        return ()
    standing = _standing(command, score)
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
        _reason(command, float(measured.value), standing),
        measured.members,
        tuple(cause.event for cause in command.because),
    )
    return (found,) if latest is None or command.because or _differs(latest, found) else ()


def _standing(command: ScoreCustomer, score: Score) -> Standing:
    """Return where the customer stands by this run, from where they stood with these same members.

    Whoever is scored anew after a merge or its undo is another customer than before: hysteresis, which is there
    to keep one customer from flapping, begins afresh, or where these members stood before. Such a run isn't
    counted as one of the runs in a row: without the merge there had been none.
    """
    value, run = float(command.measured.value), command.run
    known = score.standings.get(command.measured.members)
    if command.because:
        return known or Standing(tier_of(value, run.edges.tiers))
    return settle(known, value, run.edges.tiers, run.rule)


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
        score.members,
    )


def _moved(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(before - after) >= MATERIAL * max(1.0, abs(before))


def _reason(command: ScoreCustomer, value: float, standing: Standing) -> str:
    """Say in words without names or amounts of others why the tier is what it is."""
    run = command.run
    edge = run.edges.tiers.get(standing.tier)
    if edge is None:
        found = f"below the iron edge {run.edges.tiers[Tier.IRON]:.2f}"
    else:
        place = "at or above" if value >= edge else "kept, below"
        found = f"{place} the {standing.tier} edge {edge:.2f}"
    needed = run.rule.runs_in_a_row
    waits = f"; towards {standing.towards}: run {standing.runs} of {needed}" if standing.towards else ""
    anew = "".join(f"{'merge undone' if cause.undone else 'merged'} ({cause.event}): " for cause in command.because)
    others = len(command.measured.members)
    whose = f" of {others + 1} customers who are one" if others else ""
    return f"{anew}{value:.2f} {run.currency}{whose} is {found}{waits}"


def evolve(score: Score, event: CustomerScored) -> Score:
    """Return the score after the event."""
    standing = Standing(event.tier, event.towards, event.towards_runs)
    return Score(event, {**score.standings, event.members: standing})


SCORE: Decider[ScoreCustomer, CustomerScored, Score] = Decider("score", Score(), decide, evolve)
