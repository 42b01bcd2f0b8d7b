"""What each month came to with each partner: one row for each, open until its statement is closed."""

from datetime import date
from decimal import Decimal

from msgspec import Struct, structs
from sqlalchemy import Boolean, Column, Date, Integer, MetaData, Numeric, Table, Text

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.partners.events import PartnerEntryBooked, PartnerMonthClosed
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

Settling = PartnerEntryBooked | PartnerMonthClosed

_READ = {name: kind for name, kind in PUBLISHED.events.items() if issubclass(kind, Settling)}


class SettlementRow(Struct, frozen=True):
    """A partner's month. Amounts are what the partner owes us; opening + total = closing, once it is closed."""

    settlement_id: str
    partner_id: str
    month: date
    money: str
    closed: bool = False
    entries: int = 0
    accruals: Decimal = Decimal(0)
    redemptions: Decimal = Decimal(0)
    reversals: Decimal = Decimal(0)
    packs: Decimal = Decimal(0)
    payments: Decimal = Decimal(0)
    total: Decimal = Decimal(0)
    opening: Decimal | None = None
    closing: Decimal | None = None


_COLUMNS = {
    "accrual": "accruals",
    "redemption": "redemptions",
    "reversal": "reversals",
    "pack": "packs",
    "payment": "payments",
}


def settlement_id(partner_id: str, month: date) -> str:
    """Return the name of a partner's month."""
    return f"{partner_id}:{month:%Y-%m}"


def project(row: SettlementRow | None, recorded: Recorded) -> SettlementRow:
    """Return the month's row after the event."""
    event: Settling = recorded.event
    name = settlement_id(event.partner_id, event.month)
    row = row or SettlementRow(name, event.partner_id, event.month, event.money)
    if isinstance(event, PartnerMonthClosed):
        return structs.replace(row, closed=True, opening=event.opening, closing=event.closing)
    column = _COLUMNS[event.kind]
    added = {column: getattr(row, column) + event.amount, "total": row.total + event.amount}
    return structs.replace(row, entries=row.entries + 1, **added)


SETTLEMENTS = View(
    name="settlements",
    table=Table(
        "settlements_v2",
        MetaData(),
        Column("settlement_id", Text, primary_key=True),
        Column("partner_id", Text, nullable=False),
        Column("month", Date, nullable=False),
        Column("money", Text, nullable=False),
        Column("closed", Boolean, nullable=False),
        Column("entries", Integer, nullable=False),
        Column("accruals", Numeric, nullable=False),
        Column("redemptions", Numeric, nullable=False),
        Column("reversals", Numeric, nullable=False),
        Column("packs", Numeric, nullable=False),
        Column("payments", Numeric, nullable=False),
        Column("total", Numeric, nullable=False),
        Column("opening", Numeric),
        Column("closing", Numeric),
    ),
    row=SettlementRow,
    reads=(Catalogue("loyalty", _READ),),
    key=lambda recorded: settlement_id(recorded.event.partner_id, recorded.event.month),
    project=project,
)
