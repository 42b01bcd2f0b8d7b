"""Limits in words, each under the place where it stands, for people who compare versions of a programme."""

from services.loyalty.domain.abuse.limits import Limits, StepUp, Transfers, Velocity, name_of
from services.loyalty.domain.abuse.verdict import Outcome

_BECOMES = {
    Outcome.ALLOW: "nothing is wrong",
    Outcome.SUSPECT: "it is suspected",
    Outcome.STEP_UP: "the member proves again who they are",
    Outcome.REFUSE: "it is refused",
    Outcome.BLOCK: "the account is blocked",
}


def said(limits: Limits | None) -> dict[str, str]:
    """Return each limit in words, by its JSON pointer; nothing where there are none."""
    if limits is None:
        return {}
    found = {f"/velocity/{name_of(rule)}": _velocity(rule) for rule in limits.velocity}
    if limits.return_loops:
        loops = limits.return_loops
        found["/return_loops"] = (
            f"at most {loops.most} purchases within {loops.hours} hours are given back, not later than"
            f" {loops.return_hours} hours after they were made and with a redemption in between;"
            f" beyond, {_BECOMES[loops.outcome]}"
        )
    if limits.transfers:
        found["/transfers"] = _transfers(limits.transfers)
    if limits.step_up:
        found["/step_up"] = _step_up(limits.step_up)
    if limits.blocking:
        blocking = limits.blocking
        found["/blocking"] = f"{blocking.suspicions} suspicions within {blocking.hours} hours block the account"
    found["/self_referral"] = f"when members refer themselves, {_BECOMES[limits.self_referral]}"
    found["/withholding"] = f"points of a suspicious earning can't be spent {_withheld(limits.withholding.hours)}"
    return found


def _velocity(rule: Velocity) -> str:
    most = [
        *([] if rule.most_acts is None else [f"{rule.most_acts} acts"]),
        *([] if rule.most_points is None else [f"{rule.most_points} points"]),
    ]
    return f"at most {' and '.join(most)} of {rule.kind} within {rule.hours} hours; beyond, {_BECOMES[rule.outcome]}"


def _transfers(rule: Transfers) -> str:
    young = f"points are given away {rule.least_member_hours} hours after the enrolment at the earliest"
    return f"{young}; at most {rule.most_passed_on} of what came in within {rule.passing_hours} hours is passed on"


def _step_up(rule: StepUp) -> str:
    window = f" within {rule.hours} hours" if rule.hours else ""
    classes = " or ".join(rule.acr_values)
    return (
        f"redemptions above {rule.above} points{window} need a proof by {classes},"
        f" not older than {rule.proof_minutes} minutes"
    )


def _withheld(hours: int | None) -> str:
    return "until someone has looked" if hours is None else f"until {hours} hours after it"
