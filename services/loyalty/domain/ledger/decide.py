"""Which events obey a command: each kind has its rules in a file of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.booking import book
from services.loyalty.domain.ledger.commands import (
    Book,
    Capture,
    Command,
    Earn,
    Enrol,
    Hold,
    NoteActivity,
    Release,
    ResumeExpiry,
    ReverseEarning,
    ReverseSpend,
    Spend,
    SuspendExpiry,
)
from services.loyalty.domain.ledger.earning import earn
from services.loyalty.domain.ledger.events import Event, MemberEnrolled
from services.loyalty.domain.ledger.holding import capture, hold, release
from services.loyalty.domain.ledger.refunding import refund
from services.loyalty.domain.ledger.renewing import followed, note, resume, suspend
from services.loyalty.domain.ledger.spending import reverse_spend, spend


def decide(command: Command, account: Account) -> Sequence[Event]:
    """Return the events that obey `command`; a repeat gives none, a contradiction is refused."""
    events = RULES[type(command)](command, account)
    return (*events, *followed(command, account, events))


def _enrol(command: Enrol, account: Account) -> Sequence[Event]:
    return () if account.enrolled else (MemberEnrolled(command.customer_id),)


RULES: Mapping[type[Any], Callable[[Any, Account], Sequence[Event]]] = {
    Enrol: _enrol,
    Earn: earn,
    ReverseEarning: refund,
    Spend: spend,
    ReverseSpend: reverse_spend,
    Hold: hold,
    Capture: capture,
    Release: release,
    NoteActivity: note,
    SuspendExpiry: suspend,
    ResumeExpiry: resume,
    Book: book,
}
"""What decides each kind of command; a test holds that none is missing."""
