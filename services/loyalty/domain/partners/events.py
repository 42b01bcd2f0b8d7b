"""What happens with a partner. Amounts are what the partner owes us: negative where we owe the partner."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from services.loyalty.domain.partners.agreement import Agreement

EntryKind = Literal["accrual", "redemption", "reversal", "pack", "payment"]


class PartnerAgreed(Struct, frozen=True):
    """The partner agreed to these prices and terms, in place of those before. What is booked stays as it was."""

    partner_id: str
    agreement: Agreement


class PartnerEntryBooked(Struct, frozen=True, omit_defaults=True):
    """Something was booked, for ever, into the statement of `month` (its first day).

    `entry_id` is (source, event), which books once. `points` is what it adds to
    accrued, redeemed or bought points; negative in a reversal, which names the
    entry that it reverses in `reverses`. `pack` is what it adds to the prepaid points. `late`: it
    happened in a month that was closed already. `apart`: a stream of its own remembers it.
    """

    partner_id: str
    entry_id: str
    kind: EntryKind
    happened_at: datetime
    month: date
    points: int
    unit_price: Decimal
    amount: Decimal
    money: str
    points_currency: str = "points"
    reverses: str = ""
    pack: int = 0
    late: bool = False
    apart: bool = False


class PartnerMonthClosed(Struct, frozen=True):
    """A statement was closed for good: opening + amounts = closing. What comes late is booked into a later month."""

    partner_id: str
    month: date
    money: str
    opening: Decimal
    amounts: dict[str, Decimal]
    entries: int
    closing: Decimal


Event = PartnerAgreed | PartnerEntryBooked | PartnerMonthClosed
