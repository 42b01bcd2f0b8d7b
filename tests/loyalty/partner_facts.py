"""Sentences about one partner, for the tests of partners."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

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


def history(*commands: Command) -> list[Event]:
    """What a partner's stream holds after the commands."""
    events: list[Event] = []
    for command in commands:
        events += PARTNER.decide(command, PARTNER.fold(events))
    return events


def then(command: Command, *before: Command) -> Sequence[Event]:
    """What a command comes to, after others."""
    return PARTNER.decide(command, PARTNER.fold(history(*before)))


def entry(command: Command, *before: Command) -> PartnerEntryBooked:
    """The one entry that a command books, after others."""
    (event,) = then(command, *before)
    assert isinstance(event, PartnerEntryBooked)
    return event
