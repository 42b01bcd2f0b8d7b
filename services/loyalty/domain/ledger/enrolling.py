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
        belongs = account.programme or command.usual or "the built-in one"
        raise Rejected("programme-differs", f"The member belongs to {belongs}, and may hold points of it by now.")
    return (ProgrammeChosen(command.customer_id, command.programme),)


def _has_moved(account: Account) -> bool:
    """Tell whether anything was earned or asked for by the rules of the programme that they belong to."""
    return bool(account.kept or account.standing or account.refunds or account.waiting or account.adjustments)
