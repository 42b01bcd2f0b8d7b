"""The pools: who owns them, how many share them, and what was spent from them last; one row each."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text, Uuid

from services.loyalty.domain.pools.events import (
    Event,
    PoolClosed,
    PoolCreated,
    PoolInvitationEnded,
    PoolInvited,
    PoolJoined,
    PoolLeft,
    PoolSpendReversed,
    PoolSpent,
)
from services.loyalty.domain.pools.rules import Leaving, Spenders
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View


class PoolRow(Struct, frozen=True):
    """A pool; `customer_id` is its owner, the last one of a pool that is closed."""

    pool_id: str
    customer_id: UUID
    members: int
    most: int
    leaving: Leaving
    spenders: Spenders
    created_at: datetime
    spends: int = 0
    last_spent_at: datetime | None = None
    closed_at: datetime | None = None


def project(row: PoolRow | None, recorded: Recorded) -> PoolRow | None:
    """Return the pool's row after the event."""
    event: Event = recorded.event
    at = recorded.occurred_at
    if isinstance(event, PoolCreated):
        return PoolRow(event.pool_id, event.customer_id, 1, event.most, event.leaving, event.spenders, at)
    return row and _changed(row, event, at)


def _changed(row: PoolRow, event: Event, at: datetime) -> PoolRow:
    match event:
        case PoolJoined():
            return structs.replace(row, members=row.members + 1)
        case PoolLeft(next_owner=next_owner):
            return structs.replace(row, members=row.members - 1, customer_id=next_owner or row.customer_id)
        case PoolSpent():
            return structs.replace(row, spends=row.spends + 1, last_spent_at=at)
        case PoolClosed():
            return structs.replace(row, closed_at=at)
        case PoolCreated() | PoolInvited() | PoolInvitationEnded() | PoolSpendReversed():
            return row
        case _:
            assert_never(event)


POOLS = View(
    name="pools",
    table=Table(
        "pools_v2",
        MetaData(),
        Column("pool_id", Text, primary_key=True),
        Column("customer_id", Uuid, nullable=False),
        Column("members", Integer, nullable=False),
        Column("most", Integer, nullable=False),
        Column("leaving", Text, nullable=False),
        Column("spenders", Text, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("spends", Integer, nullable=False),
        Column("last_spent_at", DateTime(timezone=True)),
        Column("closed_at", DateTime(timezone=True)),
    ),
    row=PoolRow,
    reads=(
        Catalogue(
            "loyalty",
            {
                "pool-created.v1": PoolCreated,
                "pool-joined.v1": PoolJoined,
                "pool-left.v1": PoolLeft,
                "pool-spent.v1": PoolSpent,
                "pool-closed.v1": PoolClosed,
            },
        ),
    ),
    key=lambda recorded: recorded.event.pool_id,
    project=project,
)
