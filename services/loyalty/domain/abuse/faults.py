"""What is wrong with limits of abuse, each fault with a JSON pointer into them."""

import re
from collections.abc import Iterator

from services.loyalty.domain.abuse.acts import Kind
from services.loyalty.domain.abuse.limits import Blocking, Limits, ReturnLoops, StepUp, Transfers, Velocity, name_of
from services.loyalty.domain.abuse.verdict import Outcome

Fault = tuple[str, str]
LONGEST_HOURS = 24 * 366 * 5
LONGEST_PROOF = 24 * 60
MOST_RULES = 50
MOST_CLASSES = 20
_CLASS = re.compile(r"[!#-\[\]-~]{1,200}")
"""A class of authentication, which has its place in a header: RFC 6749 (`scope-token`)."""

HAPPENED = (Kind.EARNING, Kind.RETURN, Kind.RECEIPT)
"""What has happened before anyone can look at it: it can be suspected, and its member blocked, and no more."""

_AFTERWARDS = (Outcome.SUSPECT, Outcome.BLOCK)
"""What can become of that."""


def faults(limits: Limits) -> list[Fault]:
    """Return all faults, as (place, message); none: the limits can be used."""
    found = [fault for place, rule in enumerate(limits.velocity) for fault in _velocity(f"/velocity/{place}", rule)]
    if len(limits.velocity) > MOST_RULES:
        found.append(("/velocity", f"must be at most {MOST_RULES}"))
    names = [name_of(rule) for rule in limits.velocity]
    twice = [place for place, name in enumerate(names) if name in names[:place]]
    found += [(f"/velocity/{place}", "has the kind, hours and outcome of another: say both in one") for place in twice]
    asking = [place for place, rule in enumerate(limits.velocity) if rule.outcome is Outcome.STEP_UP]
    for place in asking if limits.step_up is None else ():
        found.append((f"/velocity/{place}/outcome", "asks for a proof, and step_up doesn't say of which kind"))
    if limits.return_loops:
        found += _return_loops(limits.return_loops)
    if limits.transfers:
        found += _transfers(limits.transfers)
    if limits.step_up:
        found += _step_up(limits.step_up)
    if limits.blocking:
        found += _blocking(limits.blocking)
    if limits.withholding.hours is not None:
        found += _hours("/withholding/hours", limits.withholding.hours)
    if limits.self_referral is Outcome.STEP_UP:
        found.append(("/self_referral", "must not be step-up: nobody is there to prove anything"))
    return found


def _velocity(place: str, rule: Velocity) -> Iterator[Fault]:
    yield from _hours(f"{place}/hours", rule.hours)
    if rule.most_acts is None and rule.most_points is None:
        yield place, "must say how many acts or how many points are the most"
    yield from _at_least(f"{place}/most_acts", rule.most_acts, 0)
    yield from _at_least(f"{place}/most_points", rule.most_points, 0)
    yield from _outcome(f"{place}/outcome", rule.kind, rule.outcome)


def _return_loops(rule: ReturnLoops) -> Iterator[Fault]:
    yield from _hours("/return_loops/hours", rule.hours)
    yield from _hours("/return_loops/return_hours", rule.return_hours)
    yield from _at_least("/return_loops/most", rule.most, 0)
    yield from _outcome("/return_loops/outcome", Kind.RETURN, rule.outcome)


def _transfers(rule: Transfers) -> Iterator[Fault]:
    yield from _hours("/transfers/least_member_hours", rule.least_member_hours, 0)
    yield from _hours("/transfers/passing_hours", rule.passing_hours, 0)
    if not rule.most_passed_on.is_finite() or not 0 <= rule.most_passed_on <= 1:
        yield "/transfers/most_passed_on", "must lie between 0 and 1"


def _step_up(rule: StepUp) -> Iterator[Fault]:
    yield from _at_least("/step_up/above", rule.above, 0)
    yield from _hours("/step_up/hours", rule.hours, 0)
    if not 1 <= rule.proof_minutes <= LONGEST_PROOF:
        yield "/step_up/proof_minutes", f"must lie between 1 and {LONGEST_PROOF}"
    if not 1 <= len(rule.acr_values) <= MOST_CLASSES:
        yield "/step_up/acr_values", f"must name 1 to {MOST_CLASSES} classes of authentication"
    for place, name in enumerate(rule.acr_values):
        if not _CLASS.fullmatch(name):
            yield f"/step_up/acr_values/{place}", "must be a name without spaces and quotes"


def _blocking(rule: Blocking) -> Iterator[Fault]:
    yield from _hours("/blocking/hours", rule.hours)
    yield from _at_least("/blocking/suspicions", rule.suspicions, 1)


def _outcome(place: str, kind: Kind, outcome: Outcome) -> Iterator[Fault]:
    if outcome is Outcome.ALLOW:
        yield place, "must not be to allow: leave the rule out"
    elif kind in HAPPENED and outcome not in _AFTERWARDS:
        yield place, f"must be suspect or block: {kind} has happened, and can't be refused"


def _hours(place: str, hours: int, least: int = 1) -> Iterator[Fault]:
    if not least <= hours <= LONGEST_HOURS:
        yield place, f"must lie between {least} and {LONGEST_HOURS}"


def _at_least(place: str, number: int | None, least: int) -> Iterator[Fault]:
    if number is not None and number < least:
        yield place, f"must be at least {least}"
