"""Who are the members, and how many points do they hold: one row each."""

from collections.abc import Sequence
from datetime import datetime
from typing import get_args
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, Uuid

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.ledger.events import MemberEnrolled, Moving, PointsEarned, PointsReversed
from services.loyalty.domain.ledger.journal import journal
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

_READ = {name: kind for name, kind in PUBLISHED.events.items() if kind is MemberEnrolled or kind in get_args(Moving)}


class MemberRow(Struct, frozen=True):
    """A member: what can be spent now and later, what is owed, and the totals behind it, in the currency `points`."""

    customer_id: UUID
    enrolled_at: datetime | None = None
    balance: int = 0
    debt: int = 0
    pending: int = 0
    earned: int = 0
    reversed: int = 0
    spent: int = 0
    expired: int = 0
    lots: int = 0
    last_movement_at: datetime | None = None


def project(row: MemberRow | None, recorded: Recorded) -> MemberRow:
    """Return the member's row after the event."""
    event: MemberEnrolled | Moving = recorded.event
    row = row or MemberRow(event.customer_id)
    if isinstance(event, MemberEnrolled):
        return structs.replace(row, enrolled_at=recorded.occurred_at)
    if event.points_currency != POINTS:
        return structs.replace(row, last_movement_at=recorded.occurred_at)
    entries = journal(event)
    row = structs.replace(
        row,
        balance=event.balance_after,
        debt=row.debt - entries.get("debt", 0),
        pending=row.pending + entries.get("pending", 0),
        spent=row.spent + entries.get("redeemed", 0),
        expired=row.expired + entries.get("breakage", 0),
        last_movement_at=recorded.occurred_at,
    )
    match event:
        case PointsEarned():
            return structs.replace(row, earned=row.earned + event.points, lots=row.lots + 1)
        case PointsReversed():
            return structs.replace(row, reversed=row.reversed + event.points)
        case _:
            return row


def combine(rows: Sequence[MemberRow], root: str) -> Sequence[MemberRow]:
    """Return merged members as one: sums, where points of one cover the debt of another."""
    if not rows:
        return ()
    net = sum(row.balance - row.debt for row in rows)
    return (
        MemberRow(
            UUID(root),
            enrolled_at=min((row.enrolled_at for row in rows if row.enrolled_at), default=None),
            balance=max(0, net),
            debt=max(0, -net),
            pending=sum(row.pending for row in rows),
            earned=sum(row.earned for row in rows),
            reversed=sum(row.reversed for row in rows),
            spent=sum(row.spent for row in rows),
            expired=sum(row.expired for row in rows),
            lots=sum(row.lots for row in rows),
            last_movement_at=max((row.last_movement_at for row in rows if row.last_movement_at), default=None),
        ),
    )


MEMBERS = View(
    name="members",
    table=Table(
        "members_v2",
        MetaData(),
        Column("customer_id", Uuid, primary_key=True),
        Column("enrolled_at", DateTime(timezone=True)),
        Column("balance", BigInteger),
        Column("debt", BigInteger),
        Column("pending", BigInteger),
        Column("earned", BigInteger),
        Column("reversed", BigInteger),
        Column("spent", BigInteger),
        Column("expired", BigInteger),
        Column("lots", Integer),
        Column("last_movement_at", DateTime(timezone=True)),
    ),
    row=MemberRow,
    reads=(Catalogue("loyalty", _READ),),
    key=lambda recorded: recorded.event.customer_id,
    project=project,
    combine=combine,
)
