"""Who are our partners, and where do we stand with each: one row for each."""

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct, structs
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, MetaData, Numeric, Table, Text

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.partners.events import Event, PartnerAgreed, PartnerEntryBooked, PartnerMonthClosed
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

READ = {name: kind for name, kind in PUBLISHED.events.items() if issubclass(kind, Event)}


class PartnerRow(Struct, frozen=True):
    """A partner: `owed` is what it owes us by all that is booked (negative: we owe it), `pack` its prepaid points."""

    partner_id: str
    name: str = ""
    money: str = ""
    prepaid: bool = False
    pack: int = 0
    owed: Decimal = Decimal(0)
    entries: int = 0
    closed_until: date | None = None
    last_entry_at: datetime | None = None


def project(row: PartnerRow | None, recorded: Recorded) -> PartnerRow:
    """Return the partner's row after the event."""
    event: Event = recorded.event
    row = row or PartnerRow(event.partner_id)
    match event:
        case PartnerAgreed():
            agreement = event.agreement
            return structs.replace(row, name=agreement.name, money=agreement.money, prepaid=agreement.prepaid)
        case PartnerEntryBooked():
            return structs.replace(
                row,
                pack=row.pack + event.pack,
                owed=row.owed + event.amount,
                entries=row.entries + 1,
                last_entry_at=max(event.happened_at, row.last_entry_at or event.happened_at),
            )
        case PartnerMonthClosed():
            return structs.replace(row, closed_until=event.month)


PARTNERS = View(
    name="partners",
    table=Table(
        "partners_v2",
        MetaData(),
        Column("partner_id", Text, primary_key=True),
        Column("name", Text, nullable=False),
        Column("money", Text, nullable=False),
        Column("prepaid", Boolean, nullable=False),
        Column("pack", BigInteger, nullable=False),
        Column("owed", Numeric, nullable=False),
        Column("entries", Integer, nullable=False),
        Column("closed_until", Date),
        Column("last_entry_at", DateTime(timezone=True)),
    ),
    row=PartnerRow,
    reads=(Catalogue("loyalty", READ),),
    key=lambda recorded: recorded.event.partner_id,
    project=project,
)
