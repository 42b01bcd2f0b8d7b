"""What is wrong with limits of abuse, each fault with the place at which it stands."""

from collections.abc import Iterator

from services.loyalty.domain.abuse.limits import Blocking, Limits, ReturnLoops, StepUp, Transfers, Velocity
from services.loyalty.domain.abuse.verdict import Outcome

Fault = tuple[str, str]
LONGEST_HOURS = 24 * 366 * 5


def faults(limits: Limits) -> list[Fault]:
    """Return all faults, as (place, message); none: the limits can be used."""
    found = [fault for place, rule in enumerate(limits.velocity) for fault in _velocity(f"velocity[{place}]", rule)]
    if limits.return_loops:
        found += _return_loops(limits.return_loops)
    if limits.transfers:
        found += _transfers(limits.transfers)
    if limits.step_up:
        found += _step_up(limits.step_up)
    if limits.blocking:
        found += _blocking(limits.blocking)
    return found


def _velocity(place: str, rule: Velocity) -> Iterator[Fault]:
    yield from _hours(f"{place}.hours", rule.hours)
    if rule.most_acts is None and rule.most_points is None:
        yield place, "must say how many acts or how many points are the most"
    yield from _at_least(f"{place}.most_acts", rule.most_acts, 0)
    yield from _at_least(f"{place}.most_points", rule.most_points, 0)
    if rule.outcome is Outcome.ALLOW:
        yield f"{place}.outcome", "must not be to allow: leave the rule out"


def _return_loops(rule: ReturnLoops) -> Iterator[Fault]:
    yield from _hours("return_loops.hours", rule.hours)
    yield from _hours("return_loops.return_hours", rule.return_hours)
    yield from _at_least("return_loops.most", rule.most, 0)


def _transfers(rule: Transfers) -> Iterator[Fault]:
    yield from _hours("transfers.least_member_hours", rule.least_member_hours, 0)
    yield from _hours("transfers.passing_hours", rule.passing_hours, 0)
    if not rule.most_passed_on.is_finite() or not 0 <= rule.most_passed_on <= 1:
        yield "transfers.most_passed_on", "must lie between 0 and 1"


def _step_up(rule: StepUp) -> Iterator[Fault]:
    yield from _at_least("step_up.above", rule.above, 0)
    yield from _hours("step_up.hours", rule.hours, 0)
    yield from _at_least("step_up.proof_minutes", rule.proof_minutes, 1)


def _blocking(rule: Blocking) -> Iterator[Fault]:
    yield from _hours("blocking.hours", rule.hours)
    yield from _at_least("blocking.suspicions", rule.suspicions, 1)


def _hours(place: str, hours: int, least: int = 1) -> Iterator[Fault]:
    if not least <= hours <= LONGEST_HOURS:
        yield place, f"must lie between {least} and {LONGEST_HOURS}"


def _at_least(place: str, number: int | None, least: int) -> Iterator[Fault]:
    if number is not None and number < least:
        yield place, f"must be at least {least}"
