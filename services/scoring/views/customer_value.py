"""What has a customer bought: one row for each customer and currency, exact in whatever order events come."""

from bisect import bisect_left
from decimal import Decimal
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import Column, Integer, MetaData, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.scoring.contracts.contact import CONTACT, PurchaseRecorded, PurchaseRefunded
from shared.store.contract import Recorded
from shared.views.view import View


class ValueRow(Struct, frozen=True):
    """Purchases and net revenue; `days` are the distinct days with a purchase (proleptic ordinals), ascending."""

    key: str
    customer_id: UUID
    currency: str
    purchases: int
    revenue: Decimal
    days: tuple[int, ...]
    transaction_days: int
    first_day: int | None
    last_day: int | None


def project(row: ValueRow | None, recorded: Recorded) -> ValueRow:
    """Return the row after the event."""
    event: PurchaseRecorded | PurchaseRefunded = recorded.event
    row = row or ValueRow(key(recorded), event.customer_id, event.currency, 0, Decimal(0), (), 0, None, None)
    if isinstance(event, PurchaseRefunded):
        return structs.replace(row, revenue=row.revenue - event.amount)
    days = _with_day(row.days, recorded.occurred_at.toordinal())
    return ValueRow(
        row.key,
        row.customer_id,
        row.currency,
        row.purchases + 1,
        row.revenue + event.amount,
        days,
        len(days),
        days[0],
        days[-1],
    )


def _with_day(days: tuple[int, ...], day: int) -> tuple[int, ...]:
    """Return the days with `day` among them; most events are newer than all, and cost no search."""
    if not days or day > days[-1]:
        return (*days, day)
    place = bisect_left(days, day)
    return days if days[place] == day else (*days[:place], day, *days[place:])


def key(recorded: Recorded) -> str:
    """Return the row's key: customer and currency."""
    return f"{recorded.event.customer_id}:{recorded.event.currency}"


CUSTOMER_VALUE = View(
    name="customer_value",
    version=1,
    table=Table(
        "customer_value",
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
    ),
    row=ValueRow,
    reads=(CONTACT,),
    key=key,
    project=project,
)
