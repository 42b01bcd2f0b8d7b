"""Which events made a customer's numbers: one row each, never changed."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Boolean, Column, DateTime, MetaData, Numeric, Table, Text, Uuid

from services.scoring.contracts.contact import CONTACT, PurchaseRefunded
from shared.store.contract import Recorded
from shared.views.view import View


class EvidenceRow(Struct, frozen=True):
    """One purchase or refund of contact, by its event's name; `amount` isn't above zero where money went back.

    `recorded_at` is when contact recorded it: what had been told by a moment is what contact had been told by then.
    """

    event_id: str
    customer_id: UUID
    currency: str
    amount: Decimal
    refund: bool
    occurred_at: datetime
    recorded_at: datetime


def project(_: EvidenceRow | None, recorded: Recorded) -> EvidenceRow:
    """Return the event's row."""
    event = recorded.event
    refund = isinstance(event, PurchaseRefunded)
    amount = -event.amount if refund else event.amount
    at, known = recorded.occurred_at, recorded.recorded_at
    return EvidenceRow(recorded.id, event.customer_id, event.currency, amount, refund, at, known)


EVIDENCE = View(
    name="evidence",
    table=Table(
        "evidence_v2",
        MetaData(),
        Column("event_id", Text, primary_key=True),
        Column("customer_id", Uuid),
        Column("currency", Text),
        Column("amount", Numeric),
        Column("refund", Boolean),
        Column("occurred_at", DateTime(timezone=True)),
        Column("recorded_at", DateTime(timezone=True)),
    ),
    row=EvidenceRow,
    reads=(CONTACT,),
    key=lambda recorded: recorded.id,
    project=project,
    append_only=True,
)
