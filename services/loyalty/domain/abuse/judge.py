"""The judge: which rules speak up about an act, given what the member did before. Any order of the past is the same."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from services.loyalty.domain.abuse.acts import Act, Kind, before
from services.loyalty.domain.abuse.limits import Blocking, Limits, ReturnLoops, StepUp, Transfers, Velocity
from services.loyalty.domain.abuse.verdict import Finding, Outcome, Verdict, verdict

OUTWARDS = (Kind.REDEMPTION, Kind.TRANSFER)
"""What takes points out of an account."""


class Past(Struct, frozen=True, omit_defaults=True):
    """What is known of a member: acts, when they enrolled, proved who they are, and were suspected; and a block."""

    acts: tuple[Act, ...] = ()
    enrolled_at: datetime | None = None
    proved_at: datetime | None = None
    suspected_at: tuple[datetime, ...] = ()
    blocked: bool = False


def judge(act: Act, past: Past, limits: Limits) -> Verdict:
    """Return what should become of an act. An act that is known already isn't counted against itself."""
    if past.blocked and act.kind in OUTWARDS:
        return verdict([Finding("blocked", Outcome.BLOCK, "The account is blocked.")])
    proved = limits.step_up is not None and _proved(act, past, limits.step_up)
    rules = [rule for rule in limits.velocity if not (proved and rule.outcome is Outcome.STEP_UP)]
    findings = [finding for rule in rules for finding in _velocity(act, past, rule)]
    if limits.return_loops:
        findings += _return_loops(act, past, limits.return_loops)
    if limits.transfers:
        findings += _transfers(act, past, limits.transfers)
    if limits.step_up:
        findings += _step_up(act, past, limits.step_up)
    if limits.blocking and any(finding.outcome is Outcome.SUSPECT for finding in findings):
        findings += _blocking(act, past, limits.blocking)
    return verdict(findings)


def _velocity(act: Act, past: Past, rule: Velocity) -> Iterator[Finding]:
    if act.kind is not rule.kind:
        return
    acts = [*before(past.acts, act, act.kind, rule.hours), act]
    points = sum(item.points for item in acts)
    within = f"within {rule.hours} hours"
    if rule.most_acts is not None and len(acts) > rule.most_acts:
        reason = f"{len(acts)} acts of {act.kind} {within}: {rule.most_acts} are the most."
        yield Finding(f"velocity-{act.kind}", rule.outcome, reason)
    if rule.most_points is not None and points > rule.most_points:
        reason = f"{points} points by {act.kind} {within}: {rule.most_points} are the most."
        yield Finding(f"velocity-{act.kind}", rule.outcome, reason)


def _return_loops(act: Act, past: Past, rule: ReturnLoops) -> Iterator[Finding]:
    """A loop: points are redeemed before their purchase is given back, so that the money returns and the gift stays."""
    if act.kind is not Kind.RETURN:
        return
    bought = {item.act_id: item.at for item in past.acts if item.kind is Kind.EARNING}
    redeemed = [item.at for item in past.acts if item.kind is Kind.REDEMPTION]
    loops = 0
    for back in [*before(past.acts, act, Kind.RETURN, rule.hours), act]:
        at = bought.get(back.of)
        if at is not None and back.at - at <= timedelta(hours=rule.return_hours):
            loops += any(at <= moment <= back.at for moment in redeemed)
    if loops > rule.most:
        reason = f"{loops} purchases within {rule.hours} hours were given back after points had been redeemed"
        yield Finding("return-loop", rule.outcome, f"{reason}: {rule.most} are the most.")


def _transfers(act: Act, past: Past, rule: Transfers) -> Iterator[Finding]:
    if act.kind is not Kind.TRANSFER:
        return
    least = timedelta(hours=rule.least_member_hours)
    if past.enrolled_at is None or act.at - past.enrolled_at < least:
        reason = f"Members give points away {rule.least_member_hours} hours after they enrolled at the earliest."
        yield Finding("transfer-too-young", Outcome.REFUSE, reason)
    received = sum(item.points for item in before(past.acts, act, Kind.RECEIPT, rule.passing_hours))
    given = sum(item.points for item in (*before(past.acts, act, Kind.TRANSFER, rule.passing_hours), act))
    passed_on = min(given, received)
    if passed_on > received * rule.most_passed_on:
        reason = f"{received} points were received within {rule.passing_hours} hours, and {passed_on} are passed on"
        yield Finding("transfer-passed-on", Outcome.SUSPECT, f"{reason}: at most {rule.most_passed_on} of them may be.")


def _step_up(act: Act, past: Past, rule: StepUp) -> Iterator[Finding]:
    if act.kind is not Kind.REDEMPTION:
        return
    points = sum(item.points for item in (*before(past.acts, act, Kind.REDEMPTION, rule.hours), act))
    if points > rule.above and not _proved(act, past, rule):
        reason = f"{points} points are redeemed: above {rule.above}, the member proves again who they are."
        yield Finding("step-up", Outcome.STEP_UP, reason)


def _proved(act: Act, past: Past, rule: StepUp) -> bool:
    age = timedelta(minutes=rule.proof_minutes)
    return past.proved_at is not None and timedelta(0) <= act.at - past.proved_at <= age


def _blocking(act: Act, past: Past, rule: Blocking) -> Iterator[Finding]:
    since = act.at - timedelta(hours=rule.hours)
    suspicions = 1 + sum(since < at <= act.at for at in past.suspected_at)
    if suspicions >= rule.suspicions:
        reason = f"{suspicions} suspicions within {rule.hours} hours: {rule.suspicions} block the account."
        yield Finding("blocking", Outcome.BLOCK, reason)
