"""The catalogue: each reward with its offer and what is left of it."""

from datetime import datetime

from msgspec import Struct, structs
from sqlalchemy import BigInteger, Boolean, Column, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.rewards import events
from services.loyalty.domain.rewards.events import Event, RewardChanged, RewardPublished
from services.loyalty.domain.rewards.offer import Fulfilment, Kind, Offer, Supply
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

_READ = {name: kind for name, kind in PUBLISHED.events.items() if kind.__module__ == events.__name__}


class RewardRow(Struct, frozen=True):
    """A reward: its offer, the parts of it that lists are filtered by, and its stock.

    `stock` is what is on the shelf (None: there is no end of it); a reservation
    counts as `reserved` until a timer has booked its end.
    """

    reward_id: str
    kind: Kind
    price: int
    points_currency: str
    supply: Supply
    fulfilment: Fulfilment
    partner: str | None
    opens_at: datetime | None
    closes_at: datetime | None
    withdrawn: bool
    stock: int | None
    reserved: int
    taken: int
    published_at: datetime
    offer: Offer


def project(row: RewardRow | None, recorded: Recorded) -> RewardRow | None:
    """Return the reward's row after the event."""
    event: Event = recorded.event
    if isinstance(event, RewardPublished | RewardChanged):
        return _offered(row, event, recorded.occurred_at)
    return row and _changed(row, event)


def _offered(row: RewardRow | None, event: RewardPublished | RewardChanged, at: datetime) -> RewardRow:
    offer = event.offer
    counted = offer.supply is not Supply.UNLIMITED
    return RewardRow(
        event.reward_id,
        offer.kind,
        offer.price,
        offer.points_currency,
        offer.supply,
        offer.fulfilment,
        offer.partner,
        offer.opens_at,
        offer.closes_at,
        withdrawn=False,
        stock=(row.stock if row else 0) if counted else None,
        reserved=row.reserved if row else 0,
        taken=row.taken if row else 0,
        published_at=row.published_at if row else at,
        offer=offer,
    )


def _changed(row: RewardRow, event: Event) -> RewardRow:
    match event:
        case events.RewardTaken():
            return _moved(row, stock=-1, taken=1)
        case events.StockReserved():
            return _moved(row, stock=-1, reserved=1)
        case events.ReservationConfirmed():
            return _moved(row, reserved=-1, taken=1)
        case events.ReservationReleased() | events.ReservationLapsed():
            return _moved(row, stock=1, reserved=-1)
        case events.RewardReturned(number=None):
            return _moved(row, stock=1, taken=-1)
        case events.StockAdded(quantity=more) | events.StockCorrected(quantity=more) | events.CodesAdded(count=more):
            return _moved(row, stock=more)
        case events.RewardWithdrawn():
            return structs.replace(row, withdrawn=True)
        case _:
            return row


def _moved(row: RewardRow, *, stock: int = 0, reserved: int = 0, taken: int = 0) -> RewardRow:
    return structs.replace(
        row,
        stock=None if row.stock is None else row.stock + stock,
        reserved=row.reserved + reserved,
        taken=row.taken + taken,
    )


REWARDS = View(
    name="rewards",
    table=Table(
        "rewards_v2",
        MetaData(),
        Column("reward_id", Text, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("price", BigInteger, nullable=False),
        Column("points_currency", Text, nullable=False),
        Column("supply", Text, nullable=False),
        Column("fulfilment", Text, nullable=False),
        Column("partner", Text),
        Column("opens_at", DateTime(timezone=True)),
        Column("closes_at", DateTime(timezone=True)),
        Column("withdrawn", Boolean, nullable=False),
        Column("stock", BigInteger),
        Column("reserved", BigInteger, nullable=False),
        Column("taken", BigInteger, nullable=False),
        Column("published_at", DateTime(timezone=True), nullable=False),
        Column("offer", JSONB, nullable=False),
    ),
    row=RewardRow,
    reads=(Catalogue("loyalty", _READ),),
    key=lambda recorded: recorded.event.reward_id,
    project=project,
)
