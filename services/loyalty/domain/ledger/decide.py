"""Which events obey a command: each kind has its rules in a file of its own."""

from collections.abc import Sequence
from typing import assert_never

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.booking import book
from services.loyalty.domain.ledger.commands import Book, Command, Earn, Enrol, ReverseEarning, ReverseSpend, Spend
from services.loyalty.domain.ledger.earning import earn
from services.loyalty.domain.ledger.events import Event, MemberEnrolled
from services.loyalty.domain.ledger.refunding import refund
from services.loyalty.domain.ledger.spending import reverse_spend, spend


def decide(command: Command, account: Account) -> Sequence[Event]:
    """Return the events that obey `command`; a repeat gives none, a contradiction is refused."""
    match command:
        case Enrol(customer_id):
            return () if account.enrolled else (MemberEnrolled(customer_id),)
        case Earn():
            return earn(command, account)
        case ReverseEarning():
            return refund(command, account)
        case Spend():
            return spend(command, account)
        case ReverseSpend():
            return reverse_spend(command, account)
        case Book():
            return book(command, account)
        case _:
            assert_never(command)
