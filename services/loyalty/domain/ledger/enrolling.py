"""Enrolling: a customer begins to collect points, in a programme that they may choose until they have earned any."""

from collections.abc import Sequence

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Enrol
from services.loyalty.domain.ledger.events import Event, MemberEnrolled, ProgrammeChosen
from shared.errors import Rejected


def enrol(command: Enrol, account: Account) -> Sequence[Event]:
    """Enrol, or let a member choose; the same again changes nothing, another programme is refused once one has earned.

    Everyone whom contact knows is enrolled without a choice, so that choosing comes later.
    """
    if not account.enrolled:
        return (MemberEnrolled(command.customer_id, command.enrolled_at, command.programme),)
    if command.programme in ("", account.programme or command.usual):
        return ()
    if account.programme or _has_moved(account):
        raise Rejected("programme-differs", _refusal(account, account.programme or command.usual or "the built-in one"))
    return (ProgrammeChosen(command.customer_id, command.programme),)


def _has_moved(account: Account) -> bool:
    """Tell whether anything was earned or asked for by the rules of the programme that they belong to."""
    return bool(account.kept or account.standing or account.refunds or account.waiting or account.adjustments)


def _refusal(account: Account, belongs: str) -> str:
    if account.earnings.judged and all(one.fact.trigger == "sign-up" for one in account.earnings.in_order):
        return (
            f"The member belongs to {belongs} since it gave them what it gives for signing up. "
            "A programme is chosen as a member is enrolled: name it in the request that enrols them."
        )
    return f"The member belongs to {belongs}, and may hold points of it by now."
