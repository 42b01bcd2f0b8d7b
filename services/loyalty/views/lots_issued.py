"""Which points were issued, when, for which sale: one row for each lot, never changed."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import BigInteger, Column, DateTime, MetaData, Numeric, Table, Text, Uuid

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.events import PointsAdjusted, PointsEarned
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

_READ = {name: kind for name, kind in PUBLISHED.events.items() if kind in (PointsEarned, PointsAdjusted)}


class LotIssued(Struct, frozen=True):
    """A lot as it was issued, with `sale`.

    `price` is what was paid for the sale's goods and points, `goods` what its goods
    sell for alone; several lots of one sale and currency share them. Where a partner
    pays for the points, `unit_price` is what it pays for each, and there are no goods.
    `lapses_at` is the end that time alone gives the lot; None where it has none, or more than time decides.
    """

    event_id: str
    customer_id: UUID
    lot_id: str
    occurred_at: datetime
    recorded_at: datetime
    issued_at: datetime
    lapses_at: datetime | None
    currency: str
    partner: str
    money: str
    points: int
    sale: str
    price: Decimal
    goods: Decimal
    unit_price: Decimal | None


def project(row: LotIssued | None, recorded: Recorded) -> LotIssued:
    """Return the lot's row; what becomes of the lot stands elsewhere."""
    event: PointsEarned | PointsAdjusted = recorded.event
    if isinstance(event, PointsAdjusted):
        return _given(event, recorded)
    paid = event.unit_cost if event.partner else None
    return LotIssued(
        recorded.id,
        event.customer_id,
        event.lot_id,
        recorded.occurred_at,
        recorded.recorded_at,
        event.earned_at,
        lapses_at(event),
        event.points_currency,
        event.partner,
        paid.currency if paid else event.currency,
        event.points,
        f"{event.source}:{event.order_id}",
        paid.amount * event.points if paid else event.net,
        Decimal(0) if paid else event.net,
        paid.amount if paid else None,
    )


def _given(event: PointsAdjusted, recorded: Recorded) -> LotIssued:
    """Points that were given by hand belong to no sale: nobody paid for them."""
    return LotIssued(
        recorded.id,
        event.customer_id,
        event.lot_id or "",
        recorded.occurred_at,
        recorded.recorded_at,
        event.adjusted_at or recorded.occurred_at,
        lapses_at(event),
        event.points_currency,
        "",
        "",
        event.points,
        recorded.id,
        Decimal(0),
        Decimal(0),
        None,
    )


def key(recorded: Recorded) -> str | None:
    """Return the event's own name; None where it issued no lot."""
    event: PointsEarned | PointsAdjusted = recorded.event
    return recorded.id if event.lot_id else None


def lapses_at(event: PointsEarned | PointsAdjusted) -> datetime | None:
    """Return when the lot lapses, where neither activity nor an action has a say in it."""
    terms = event.terms
    return None if terms and (terms.inactive_months is not None or terms.awaits) else event.expires_at


LOTS_ISSUED = View(
    name="lots_issued",
    table=Table(
        "lots_issued_v2",
        MetaData(),
        Column("event_id", Text, primary_key=True),
        Column("customer_id", Uuid, nullable=False),
        Column("lot_id", Text, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("issued_at", DateTime(timezone=True), nullable=False),
        Column("lapses_at", DateTime(timezone=True)),
        Column("currency", Text, nullable=False),
        Column("partner", Text, nullable=False),
        Column("money", Text, nullable=False),
        Column("points", BigInteger, nullable=False),
        Column("sale", Text, nullable=False),
        Column("price", Numeric, nullable=False),
        Column("goods", Numeric, nullable=False),
        Column("unit_price", Numeric),
    ),
    row=LotIssued,
    reads=(Catalogue("loyalty", _READ),),
    key=key,
    project=project,
    append_only=True,
)
