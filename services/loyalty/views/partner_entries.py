"""What was booked with which partner, and into which statement: one row for each entry, never changed."""

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, MetaData, Numeric, Table, Text

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.partners.events import PartnerEntryBooked
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

_READ = {name: kind for name, kind in PUBLISHED.events.items() if kind is PartnerEntryBooked}


class PartnerEntryRow(Struct, frozen=True):
    """An entry; `late`: it happened in a month that was closed already."""

    event_id: str
    partner_id: str
    entry_id: str
    kind: str
    month: date
    happened_at: datetime
    points_currency: str
    points: int
    unit_price: Decimal
    amount: Decimal
    money: str
    reverses: str
    pack: int
    late: bool


def project(row: PartnerEntryRow | None, recorded: Recorded) -> PartnerEntryRow:
    """Return the entry's row; nothing ever changes it."""
    event: PartnerEntryBooked = recorded.event
    return PartnerEntryRow(
        recorded.id,
        event.partner_id,
        event.entry_id,
        event.kind,
        event.month,
        event.happened_at,
        event.points_currency,
        event.points,
        event.unit_price,
        event.amount,
        event.money,
        event.reverses,
        event.pack,
        event.late,
    )


PARTNER_ENTRIES = View(
    name="partner_entries",
    table=Table(
        "partner_entries_v2",
        MetaData(),
        Column("event_id", Text, primary_key=True),
        Column("partner_id", Text, nullable=False),
        Column("entry_id", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("month", Date, nullable=False),
        Column("happened_at", DateTime(timezone=True), nullable=False),
        Column("points_currency", Text, nullable=False),
        Column("points", BigInteger, nullable=False),
        Column("unit_price", Numeric, nullable=False),
        Column("amount", Numeric, nullable=False),
        Column("money", Text, nullable=False),
        Column("reverses", Text, nullable=False),
        Column("pack", BigInteger, nullable=False),
        Column("late", Boolean, nullable=False),
    ),
    row=PartnerEntryRow,
    reads=(Catalogue("loyalty", _READ),),
    key=lambda recorded: recorded.id,
    project=project,
    append_only=True,
)
