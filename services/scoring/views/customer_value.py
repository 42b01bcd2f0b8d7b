"""What has a customer bought: one row for each customer and currency, exact in whatever order events come.

A row is its customer's own, also where customers were merged: whoever reads it adds up those who are one.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Column, DateTime, Integer, MetaData, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.scoring.contracts.contact import CONTACT, PurchaseRecorded, PurchaseRefunded
from services.scoring.domain.spending import Day, units, with_fact
from shared.store.contract import Recorded
from shared.views.view import View


class ValueRow(Struct, frozen=True):
    """Purchases and revenue net of refunds; days are proleptic ordinals in UTC.

    `days` holds all that is needed to answer as of any day; the other columns are what it comes to by now.
    `transaction_days`, `first_day` and `last_day` count days with a purchase, `latest_day` any.
    """

    key: str
    customer_id: UUID
    currency: str
    purchases: int
    revenue: Decimal
    days: tuple[Day, ...]
    transaction_days: int
    first_day: int | None
    last_day: int | None
    latest_day: int
    last_purchase_at: datetime | None


def project(row: ValueRow | None, recorded: Recorded) -> ValueRow:
    """Return the row after the event."""
    event: PurchaseRecorded | PurchaseRefunded = recorded.event
    day = recorded.occurred_at.toordinal()
    if isinstance(event, PurchaseRefunded):
        return _refunded(row or _empty(recorded), event, day)
    if row is None:
        return _first(recorded, event, day)
    days = with_fact(row.days, day, units(event.amount), 1)
    first, last, moment = row.first_day, row.last_day, row.last_purchase_at
    return ValueRow(
        row.key,
        row.customer_id,
        row.currency,
        row.purchases + 1,
        row.revenue + event.amount,
        days,
        row.transaction_days + 1 if last is None or day > last else _transaction_days(days, row, day),
        day if first is None or day < first else first,
        day if last is None or day > last else last,
        days[-1].day,
        recorded.occurred_at if moment is None or recorded.occurred_at > moment else moment,
    )


def _transaction_days(days: tuple[Day, ...], row: ValueRow, day: int) -> int:
    """Return how many days have a purchase, when the newest one isn't the latest."""
    return row.transaction_days if day == row.last_day else sum(1 for item in days if item.purchases)


def _first(recorded: Recorded, event: PurchaseRecorded, day: int) -> ValueRow:
    days = (Day(day, units(event.amount), 1),)
    at = recorded.occurred_at
    return ValueRow(key(recorded), event.customer_id, event.currency, 1, event.amount, days, 1, day, day, day, at)


def _empty(recorded: Recorded) -> ValueRow:
    event = recorded.event
    return ValueRow(key(recorded), event.customer_id, event.currency, 0, Decimal(0), (), 0, None, None, 0, None)


def _refunded(row: ValueRow, event: PurchaseRefunded, day: int) -> ValueRow:
    days = with_fact(row.days, day, -units(event.amount), 0)
    return ValueRow(
        row.key,
        row.customer_id,
        row.currency,
        row.purchases,
        row.revenue - event.amount,
        days,
        row.transaction_days,
        row.first_day,
        row.last_day,
        days[-1].day,
        row.last_purchase_at,
    )


def key(recorded: Recorded) -> str:
    """Return the row's key: customer and currency."""
    return f"{recorded.event.customer_id}:{recorded.event.currency}"


CUSTOMER_VALUE = View(
    name="customer_value",
    table=Table(
        "customer_value_v2",
        MetaData(),
        Column("key", Text, primary_key=True),
        Column("customer_id", Uuid),
        Column("currency", Text),
        Column("purchases", Integer),
        Column("revenue", Numeric),
        Column("days", JSONB),
        Column("transaction_days", Integer),
        Column("first_day", Integer),
        Column("last_day", Integer),
        Column("latest_day", Integer),
        Column("last_purchase_at", DateTime(timezone=True)),
    ),
    row=ValueRow,
    reads=(CONTACT,),
    key=key,
    project=project,
)
