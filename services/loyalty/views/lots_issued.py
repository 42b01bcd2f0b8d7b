"""Which points were issued, when, for which sale: one row for each lot, never changed."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import BigInteger, Column, DateTime, MetaData, Numeric, Table, Text, Uuid

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.events import PointsEarned
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

_READ = {name: kind for name, kind in PUBLISHED.events.items() if kind is PointsEarned}
_POINTS = "points"
"""The currency of points that name none."""


class LotIssued(Struct, frozen=True):
    """A lot as it was issued: `price` is what was paid for goods and points, `goods` what the goods sell for alone."""

    event_id: str
    customer_id: UUID
    lot_id: str
    occurred_at: datetime
    recorded_at: datetime
    issued_at: datetime
    expires_at: datetime | None
    currency: str
    partner: str
    money: str
    points: int
    price: Decimal
    goods: Decimal


def project(row: LotIssued | None, recorded: Recorded) -> LotIssued:
    """Return the lot's row; what becomes of the lot stands elsewhere."""
    event: PointsEarned = recorded.event
    return LotIssued(
        recorded.id,
        event.customer_id,
        event.lot_id,
        recorded.occurred_at,
        recorded.recorded_at,
        event.earned_at,
        event.expires_at,
        _POINTS,
        "",
        event.currency,
        event.points,
        event.net,
        event.net,
    )


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
        Column("expires_at", DateTime(timezone=True)),
        Column("currency", Text, nullable=False),
        Column("partner", Text, nullable=False),
        Column("money", Text, nullable=False),
        Column("points", BigInteger, nullable=False),
        Column("price", Numeric, nullable=False),
        Column("goods", Numeric, nullable=False),
    ),
    row=LotIssued,
    reads=(Catalogue("loyalty", _READ),),
    key=lambda recorded: recorded.id,
    project=project,
    append_only=True,
)
