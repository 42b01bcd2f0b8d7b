"""What can be asked of a partner. `now` is when it is asked, `at` when it happened.

`known` are the entries that a command is about, by name, as their own streams have them.
"""

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from services.loyalty.domain.partners.agreement import Agreement, Kind
from services.loyalty.domain.partners.entry import Entry


class Agree(Struct, frozen=True):
    """Agree to these prices and terms from now on."""

    partner_id: str
    agreement: Agreement


class BookPoints(Struct, frozen=True):
    """Book points that were accrued or redeemed, at the price of the day, once for each (source, event)."""

    partner_id: str
    source: str
    event: str
    kind: Kind
    points: int
    at: datetime
    now: datetime
    points_currency: str = "points"
    known: dict[str, Entry] = {}


class ReversePoints(Struct, frozen=True):
    """Take points of an entry back, at its own price, once for each (source, event)."""

    partner_id: str
    source: str
    event: str
    reverses: str
    points: int
    at: datetime
    now: datetime
    known: dict[str, Entry] = {}


class BuyPack(Struct, frozen=True):
    """Buy points in advance, for an amount that is agreed for this pack, once for each (source, event)."""

    partner_id: str
    source: str
    event: str
    points: int
    amount: Decimal
    at: datetime
    now: datetime
    known: dict[str, Entry] = {}


class Pay(Struct, frozen=True):
    """Book a payment: positive from the partner, negative to it; once for each (source, event)."""

    partner_id: str
    source: str
    event: str
    amount: Decimal
    at: datetime
    now: datetime
    known: dict[str, Entry] = {}


class CloseMonth(Struct, frozen=True):
    """Close a month's statement for good."""

    partner_id: str
    month: date
    now: datetime


Booking = BookPoints | ReversePoints | BuyPack | Pay
Command = Agree | Booking | CloseMonth
