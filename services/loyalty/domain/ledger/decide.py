"""Which events obey a command: each kind has its rules in a file of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.adjusting import adjust, confirm, refuse
from services.loyalty.domain.ledger.booking import book
from services.loyalty.domain.ledger.commands import (
    Activate,
    Adjust,
    Book,
    CancelPending,
    Capture,
    Close,
    Command,
    ConfirmAdjustment,
    Earn,
    Enrol,
    Freeze,
    Give,
    Hold,
    NoteActivity,
    Receive,
    RefuseAdjustment,
    Release,
    ResumeExpiry,
    ReverseEarning,
    ReverseSpend,
    Spend,
    SuspendExpiry,
    Unfreeze,
)
from services.loyalty.domain.ledger.earning import earn
from services.loyalty.domain.ledger.enrolling import enrol
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.ledger.giving import give, receive
from services.loyalty.domain.ledger.holding import capture, hold, release
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.ledger.judging import judge, judge_again
from services.loyalty.domain.ledger.refunding import refund
from services.loyalty.domain.ledger.renewing import followed, note, resume, suspend
from services.loyalty.domain.ledger.spending import reverse_spend, spend
from services.loyalty.domain.ledger.standing import close, freeze, unfreeze
from services.loyalty.domain.ledger.waiting import activate, cancel
from services.loyalty.domain.ledger.withheld import Clear, Deny, Withhold
from services.loyalty.domain.ledger.withholding import clear, deny, withhold


def decide(command: Command, account: Account) -> Sequence[Event]:
    """Return the events that obey `command`; a repeat gives none, a contradiction is refused."""
    events = RULES[type(command)](command, account)
    return (*events, *followed(command, account, events))


RULES: Mapping[type[Any], Callable[[Any, Account], Sequence[Event]]] = {
    Enrol: enrol,
    Earn: earn,
    Judge: judge,
    JudgeAgain: judge_again,
    ReverseEarning: refund,
    Spend: spend,
    ReverseSpend: reverse_spend,
    Hold: hold,
    Capture: capture,
    Release: release,
    Give: give,
    Receive: receive,
    Adjust: adjust,
    ConfirmAdjustment: confirm,
    RefuseAdjustment: refuse,
    Freeze: freeze,
    Unfreeze: unfreeze,
    Close: close,
    Activate: activate,
    CancelPending: cancel,
    Withhold: withhold,
    Clear: clear,
    Deny: deny,
    NoteActivity: note,
    SuspendExpiry: suspend,
    ResumeExpiry: resume,
    Book: book,
}
"""What decides each kind of command; a test holds that none is missing."""
