"""The redemptions: who asked for what, for how many points, and where it stands."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text, Uuid

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.redeeming import redemption
from services.loyalty.domain.redeeming.redemption import (
    Event,
    RedemptionCancelled,
    RedemptionFailed,
    RedemptionFulfilled,
    RedemptionMade,
    RedemptionTimedOut,
    Status,
)
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

_READ = {name: kind for name, kind in PUBLISHED.events.items() if kind.__module__ == redemption.__name__}


class RedemptionRow(Struct, frozen=True):
    """A redemption; `status` says `fulfilling` until a timer has booked the end of its time."""

    redemption_id: UUID
    customer_id: UUID
    reward_id: str
    status: Status
    points: int
    points_currency: str
    list_price: int
    tier: str | None
    partner: str | None
    made_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None
    reference: str | None


def project(row: RedemptionRow | None, recorded: Recorded) -> RedemptionRow | None:
    """Return the redemption's row after the event."""
    event: Event = recorded.event
    if isinstance(event, RedemptionMade):
        return _made(event, recorded.occurred_at)
    return row and _ended(structs.replace(row, ended_at=recorded.occurred_at), event)


def _made(event: RedemptionMade, at: datetime) -> RedemptionRow:
    return RedemptionRow(
        event.redemption_id,
        event.customer_id,
        event.reward_id,
        Status.FULFILLING,
        event.points,
        event.points_currency,
        event.list_price,
        event.tier,
        event.partner,
        at,
        event.expires_at,
        None,
        None,
    )


def _ended(
    row: RedemptionRow, event: RedemptionFulfilled | RedemptionFailed | RedemptionCancelled | RedemptionTimedOut
) -> RedemptionRow:
    match event:
        case RedemptionFulfilled(reference=reference):
            return structs.replace(row, status=Status.FULFILLED, reference=reference)
        case RedemptionFailed():
            return structs.replace(row, status=Status.FAILED)
        case RedemptionCancelled():
            return structs.replace(row, status=Status.CANCELLED)
        case RedemptionTimedOut():
            return structs.replace(row, status=Status.TIMED_OUT)
        case _:
            assert_never(event)


REDEMPTIONS = View(
    name="redemptions",
    table=Table(
        "redemptions_v2",
        MetaData(),
        Column("redemption_id", Uuid, primary_key=True),
        Column("customer_id", Uuid, nullable=False),
        Column("reward_id", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("points", BigInteger, nullable=False),
        Column("points_currency", Text, nullable=False),
        Column("list_price", BigInteger, nullable=False),
        Column("tier", Text),
        Column("partner", Text),
        Column("made_at", DateTime(timezone=True), nullable=False),
        Column("expires_at", DateTime(timezone=True)),
        Column("ended_at", DateTime(timezone=True)),
        Column("reference", Text),
    ),
    row=RedemptionRow,
    reads=(Catalogue("loyalty", _READ),),
    key=lambda recorded: recorded.event.redemption_id,
    project=project,
)
