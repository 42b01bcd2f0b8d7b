"""Sentences about one member's account, for the tests of loyalty."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from services.loyalty.domain.ledger.commands import Command, Earn, ReverseEarning, ReverseSpend, Spend
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event, MemberEnrolled, PointsEarned, PointsReversed
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Rejected

ANNA = UUID(int=1)
BERT = UUID(int=2)
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
ENROLLED = MemberEnrolled(ANNA)
RULE = ("one-per-whole-unit", 1)
PLAIN = Terms()


def day(number: float) -> datetime:
    return NOW + timedelta(days=number)


def earn(order: str, net: str, on: float = 0, *, now: float | None = None, terms: Terms = PLAIN) -> Earn:
    return Earn(ANNA, "shop", order, Decimal(net), "EUR", day(on), day(on if now is None else now), terms)


def earned(order: str, net: str, points: int, balance: int, *, repaid: int = 0, on: float = 0) -> PointsEarned:
    return PointsEarned(
        ANNA, f"shop:{order}", "shop", order, points, Decimal(net), "EUR", *RULE, day(on), repaid, balance
    )


def refund(name: str, order: str, amount: str, now: float = 0) -> ReverseEarning:
    return ReverseEarning(ANNA, "shop", order, name, Decimal(amount), day(now))


def spend(name: str, points: int, now: float = 0) -> Spend:
    return Spend(ANNA, name, points, "voucher", day(now))


def take_back(name: str, now: float = 0) -> ReverseSpend:
    return ReverseSpend(ANNA, name, day(now))


def reversed_(
    points: int, before: str, after: str, taken: dict[str, int], debt: int, balance: int, order: str = "o1"
) -> PointsReversed:
    return PointsReversed(
        ANNA, f"shop:{order}", "shop", order, "r1", points, Decimal(before), Decimal(after), taken, debt, balance
    )


def history_of(*commands: Command) -> list[Event]:
    """What an account remembers of commands; those that a rule refused leave nothing."""
    history: list[Event] = []
    for command in commands:
        try:
            history += ACCOUNT.decide(command, ACCOUNT.fold(history))
        except Rejected:
            continue
    return history
