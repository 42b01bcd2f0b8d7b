"""Sentences about one partner, for the tests of partners."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from services.loyalty.domain.partners import process
from services.loyalty.domain.partners.agreement import Agreement, Kind, Price
from services.loyalty.domain.partners.commands import (
    Agree,
    BookPoints,
    BuyPack,
    CloseMonth,
    Command,
    Pay,
    ReversePoints,
)
from services.loyalty.domain.partners.decider import PARTNER
from services.loyalty.domain.partners.events import Event, PartnerEntryBooked
from shared.decider import AnyDecider

HOTEL = "hotel"
ACCRUAL = Price("accrual", date(2026, 1, 1), Decimal("0.015"))
REDEMPTION = Price("redemption", date(2026, 1, 1), Decimal("0.008"))
AFTER = Agreement("Grand Hotel", "EUR", (ACCRUAL, REDEMPTION))
BEFORE = Agreement("Grand Hotel", "EUR", (ACCRUAL, REDEMPTION), prepaid=True)
DEARER = Price("accrual", date(2026, 3, 1), Decimal("0.02"))


def moment(month: int, day: int = 15) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def month(number: int) -> date:
    return date(2026, number, 1)


def agree(agreement: Agreement = AFTER) -> Agree:
    return Agree(HOTEL, agreement)


def book(event: str, points: int, on: datetime, kind: Kind = "accrual", currency: str = "points") -> BookPoints:
    return BookPoints(HOTEL, "shop", event, kind, points, on, on, currency)


def reverse(event: str, of: str, points: int, on: datetime) -> ReversePoints:
    return ReversePoints(HOTEL, "shop", event, f"shop:{of}", points, on, on)


def pack(event: str, points: int, amount: str, on: datetime) -> BuyPack:
    return BuyPack(HOTEL, "desk", event, points, Decimal(amount), on, on)


def pay(event: str, amount: str, on: datetime) -> Pay:
    return Pay(HOTEL, "bank", event, Decimal(amount), on, on)


def close(number: int, now: datetime) -> CloseMonth:
    return CloseMonth(HOTEL, month(number), now)


class Books:
    """Implements `Streams` over lists: the partner's stream, and those of its entries."""

    def __init__(self) -> None:
        self.logs: dict[str, list[Any]] = defaultdict(list)

    def state(self, decider: AnyDecider, key: object) -> Any:
        return decider.fold(self.logs[decider.stream(key)])

    def ask(self, decider: AnyDecider, key: object, command: Any, subject: object) -> Sequence[Any]:
        events = decider.decide(command, self.state(decider, key))
        self.logs[decider.stream(key)] += events
        return events

    def guard(self, decider: AnyDecider, key: object) -> None:
        assert decider.stream(key) in self.logs

    @property
    def events(self) -> list[Event]:
        """What the partner's stream holds."""
        return self.logs[PARTNER.stream(HOTEL)]


def told(*commands: Command) -> Books:
    """The books after the commands."""
    books = Books()
    for command in commands:
        process.ask(books, command)
    return books


def history(*commands: Command) -> list[Event]:
    """What a partner's stream holds after the commands."""
    return told(*commands).events


def then(command: Command, *before: Command) -> Sequence[Event]:
    """What a command comes to, after others."""
    return process.ask(told(*before), command)


def entry(command: Command, *before: Command) -> PartnerEntryBooked:
    """The one entry that a command books, after others."""
    (event,) = then(command, *before)
    assert isinstance(event, PartnerEntryBooked)
    return event
