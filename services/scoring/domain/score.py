"""A customer's score: it changes only when a run finds something that matters, and says why."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from msgspec import Struct, structs

from services.scoring.domain.events import Cause, CustomerScored, EdgesFrozen
from services.scoring.domain.pyramid import Standing, Tier, settle, tier_of
from shared.decider import Decider

MATERIAL = 0.05
"""A forecast that moved by less than this, absolutely or as a part of itself, is not worth an event."""


Members = tuple[UUID, ...]
"""The other customers for whom a customer stands, in order."""


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
    members: Members = ()


class ScoreCustomer(Struct, frozen=True):
    """Score a customer by what a run measured, under the edges that it froze.

    With `because` the decision is taken anew for the sake of a merge or its undo.
    """

    run: EdgesFrozen
    measured: Measured
    because: tuple[Cause, ...] = ()


class Score(Struct, frozen=True):
    """The newest score; and by the members stood for, the newest one, and the newest that a run about everyone made."""

    latest: CustomerScored | None = None
    last: Mapping[Members, CustomerScored] = {}
    regular: Mapping[Members, CustomerScored] = {}


def decide(command: ScoreCustomer, score: Score) -> Sequence[CustomerScored]:
    """Return the new score where it differs from the latest in something that matters; each run counts once."""
    latest, measured = score.latest, command.measured
    because = tuple(cause.event for cause in command.because)
    if latest is not None and (latest.run_id == command.run.run_id or (because and latest.because == because)):
        return ()
    found = _found(command, score)
    regular = score.regular.get(measured.members)
    if because:
        return (_as_before(regular, found) if regular and not _differs(regular, found) else found,)
    if latest is None or latest.members != measured.members:
        return (found,)
    known = regular if latest.because else latest
    return (found,) if known is None or _differs(known, found) else ()


def _found(command: ScoreCustomer, score: Score) -> CustomerScored:
    run, measured = command.run, command.measured
    standing = _standing(command, score)
    return CustomerScored(
        measured.customer_id,
        run.run_id,
        standing.tier,
        score.latest.tier if score.latest else None,
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
        _anew(command.because) + _reason(run, measured, standing),
        measured.members,
        tuple(cause.event for cause in command.because),
    )


def _as_before(regular: CustomerScored, found: CustomerScored) -> CustomerScored:
    """Return the score that these members had, as valid again: nothing that matters has changed since."""
    return structs.replace(regular, previous_tier=found.previous_tier, reason=found.reason, because=found.because)


def _standing(command: ScoreCustomer, score: Score) -> Standing:
    """Return where the customer stands by this run, from where they stood with these same members.

    Whoever is scored anew after a merge or its undo is another customer than before: hysteresis, which is there
    to keep one customer from flapping, begins afresh, or where these members stood before. Such a run isn't
    counted as one of the runs in a row: without the merge there had been none.
    """
    value, run = float(command.measured.value), command.run
    last = score.last.get(command.measured.members)
    known = Standing(last.tier, last.towards, last.towards_runs) if last else None
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


def _anew(because: Sequence[Cause]) -> str:
    return "".join(f"{'merge undone' if cause.undone else 'merged'} ({cause.event}): " for cause in because)


def _reason(run: EdgesFrozen, measured: Measured, standing: Standing) -> str:
    """Say in words without names or amounts of others why the tier is what it is."""
    value = float(measured.value)
    edge = run.edges.tiers.get(standing.tier)
    if edge is None:
        found = f"below the iron edge {run.edges.tiers[Tier.IRON]:.2f}"
    else:
        place = "at or above" if value >= edge else "kept, below"
        found = f"{place} the {standing.tier} edge {edge:.2f}"
    needed = run.rule.runs_in_a_row
    waits = f"; towards {standing.towards}: run {standing.runs} of {needed}" if standing.towards else ""
    whose = f" of {len(measured.members) + 1} customers who are one" if measured.members else ""
    return f"{value:.2f} {run.currency}{whose} is {found}{waits}"


def evolve(score: Score, event: CustomerScored) -> Score:
    """Return the score after the event."""
    latest = {event.members: event}
    return Score(event, {**score.last, **latest}, score.regular if event.because else {**score.regular, **latest})


SCORE: Decider[ScoreCustomer, CustomerScored, Score] = Decider("score", Score(), decide, evolve)
