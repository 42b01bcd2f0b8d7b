"""Who is this customer: one row fed by all four services, each of which writes fields of its own.

No order holds between events of different services, so no field is written by two of them.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import BigInteger, Column, DateTime, Double, Integer, MetaData, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.contact.contracts import loyalty, scoring, tickets
from services.contact.contracts.published import PUBLISHED
from services.contact.domain.customer import CustomerRegistered
from services.contact.domain.erasure import CustomerErased
from services.contact.domain.identity import IdentifierClaimed
from services.contact.domain.interaction import InteractionRecorded
from services.contact.domain.purchase import PurchaseRecorded, PurchaseRefunded
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.store.partition import partition_of
from shared.views.view import View


class OpenTicket(Struct, frozen=True):
    """A complaint that is open, and the promises about it that wait to be kept: id -> due."""

    acknowledge_by: datetime | None = None
    promises: dict[str, datetime] = {}
    open: bool = True


class CustomerRow(Struct, frozen=True):
    """A customer as all four services know them."""

    customer_id: UUID
    # contact
    registered_at: datetime | None = None
    source: str | None = None
    channel: str | None = None
    identifiers: int = 0
    purchases: int = 0
    revenue: dict[str, Decimal] = {}
    last_purchase_at: datetime | None = None
    interactions: int = 0
    last_contact_at: datetime | None = None
    erased_at: datetime | None = None
    # loyalty
    points: int | None = None
    points_earned: int = 0
    # tickets
    tickets: dict[str, OpenTicket] = {}
    # scoring
    tier: str | None = None
    rfm: str | None = None
    value: Decimal | None = None
    expected_purchases: float | None = None
    probability_alive: float | None = None


def project(row: CustomerRow | None, recorded: Recorded) -> CustomerRow:
    """Return the row after the event."""
    event = recorded.event
    row = row or CustomerRow(event.customer_id)
    match event:
        case PurchaseRecorded():
            return structs.replace(
                row,
                purchases=row.purchases + 1,
                revenue=_added(row.revenue, event.currency, event.amount),
                last_purchase_at=_later(row.last_purchase_at, recorded.occurred_at),
                last_contact_at=_later(row.last_contact_at, recorded.occurred_at),
            )
        case loyalty.PointsEarned():
            return structs.replace(row, points=event.balance_after, points_earned=row.points_earned + event.points)
        case CustomerRegistered():
            return structs.replace(row, registered_at=recorded.occurred_at, source=event.source, channel=event.channel)
        case IdentifierClaimed():
            return structs.replace(row, identifiers=row.identifiers + 1)
        case PurchaseRefunded():
            return structs.replace(row, revenue=_added(row.revenue, event.currency, -event.amount))
        case InteractionRecorded():
            at = _later(row.last_contact_at, recorded.occurred_at)
            return structs.replace(row, interactions=row.interactions + 1, last_contact_at=at)
        case _:
            return _project_others(row, recorded)


def _project_others(row: CustomerRow, recorded: Recorded) -> CustomerRow:
    event = recorded.event
    match event:
        case CustomerErased():
            return structs.replace(row, erased_at=recorded.occurred_at, identifiers=0)
        case loyalty.MemberEnrolled():
            return structs.replace(row, points=row.points or 0)
        case loyalty.PointsReversed():
            return structs.replace(row, points=event.balance_after, points_earned=row.points_earned - event.points)
        case loyalty.BalanceChanged():
            return structs.replace(row, points=event.balance_after)
        case scoring.CustomerScored():
            return structs.replace(
                row,
                tier=event.tier,
                rfm=f"{event.recency}{event.frequency}{event.monetary}",
                value=event.value,
                expected_purchases=event.expected_purchases,
                probability_alive=event.probability_alive,
            )
        case _:
            return structs.replace(row, tickets=_ticket(row.tickets, event))


def _ticket(known: dict[str, OpenTicket], event: Any) -> dict[str, OpenTicket]:
    """Return the customer's tickets after an event of tickets."""
    name = str(event.ticket_id)
    ticket = known.get(name, OpenTicket())
    match event:
        case tickets.ComplaintOpened():
            ticket = structs.replace(ticket, acknowledge_by=event.acknowledge_by)
        case tickets.PromiseMade():
            ticket = structs.replace(ticket, promises={**ticket.promises, event.promise_id: event.due_at})
        case tickets.PromiseKept():
            left = {item: due for item, due in ticket.promises.items() if item != event.promise_id}
            ticket = structs.replace(ticket, promises=left)
        case tickets.ComplaintResolved():
            ticket = structs.replace(ticket, open=False)
        case tickets.ComplaintReopened():
            ticket = structs.replace(ticket, open=True)
    return {**known, name: ticket}


def _added(revenue: dict[str, Decimal], currency: str, amount: Decimal) -> dict[str, Decimal]:
    return {**revenue, currency: revenue.get(currency, Decimal(0)) + amount}


def _later(known: datetime | None, found: datetime) -> datetime:
    return found if known is None or found > known else known


def combine(rows: Sequence[CustomerRow], root: str) -> Sequence[CustomerRow]:
    """Return the row of customers who are one.

    Counts and sums add up; the first registration tells how they came. The score
    is that of the root, or, while the root has none, of whoever was registered
    first of those who have one.
    """
    ordered = sorted(rows, key=lambda row: (row.registered_at is None, row.registered_at or _LONG_AGO, row.customer_id))
    first = ordered[0]
    scored = next((row for row in sorted(ordered, key=lambda row: str(row.customer_id) != root) if row.tier), first)
    points = [row.points for row in rows if row.points is not None]
    together = CustomerRow(
        UUID(root),
        first.registered_at,
        first.source,
        first.channel,
        identifiers=sum(row.identifiers for row in rows),
        purchases=sum(row.purchases for row in rows),
        revenue=_sums(row.revenue for row in ordered),
        last_purchase_at=_latest(row.last_purchase_at for row in rows),
        interactions=sum(row.interactions for row in rows),
        last_contact_at=_latest(row.last_contact_at for row in rows),
        erased_at=_latest(row.erased_at for row in rows),
        points=sum(points) if points else None,
        points_earned=sum(row.points_earned for row in rows),
        tickets={name: ticket for row in ordered for name, ticket in row.tickets.items()},
        **{name: getattr(scored, name) for name in ("tier", "rfm", "value", "expected_purchases", "probability_alive")},
    )
    return (together,)


def _sums(revenues: Iterable[dict[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for revenue in revenues:
        for currency, amount in revenue.items():
            sums = _added(sums, currency, amount)
    return sums


def _latest(times: Iterable[datetime | None]) -> datetime | None:
    return max((time for time in times if time is not None), default=None)


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_READ = (
    *(CustomerRegistered, CustomerErased, IdentifierClaimed, InteractionRecorded, PurchaseRecorded, PurchaseRefunded),
)


def key(recorded: Recorded) -> UUID | None:
    """Return the customer.

    An identifier that was an erased customer's keeps that one's partition; a
    customer of another partition who claims it isn't told from there, since a row
    has one writer.
    """
    event = recorded.event
    if isinstance(event, IdentifierClaimed) and recorded.partition != partition_of(recorded.subject):
        return None
    customer: UUID = event.customer_id
    return customer


CUSTOMERS = View(
    name="customers",
    table=Table(
        "customers_v2",
        MetaData(),
        Column("customer_id", Uuid, primary_key=True),
        Column("registered_at", DateTime(timezone=True)),
        Column("source", Text),
        Column("channel", Text),
        Column("identifiers", Integer),
        Column("purchases", Integer),
        Column("revenue", JSONB),
        Column("last_purchase_at", DateTime(timezone=True)),
        Column("interactions", Integer),
        Column("last_contact_at", DateTime(timezone=True)),
        Column("erased_at", DateTime(timezone=True)),
        Column("points", BigInteger),
        Column("points_earned", BigInteger),
        Column("tickets", JSONB),
        Column("tier", Text),
        Column("rfm", Text),
        Column("value", Numeric),
        Column("expected_purchases", Double),
        Column("probability_alive", Double),
    ),
    row=CustomerRow,
    reads=(
        Catalogue("contact", {name: kind for name, kind in PUBLISHED.events.items() if kind in _READ}),
        loyalty.LOYALTY,
        tickets.TICKETS,
        scoring.SCORING,
    ),
    key=key,
    project=project,
    combine=combine,
)
