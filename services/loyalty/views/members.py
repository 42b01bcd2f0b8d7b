"""Who are the members, and how many points do they hold: one row each."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, Uuid

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.events import MemberEnrolled, PointsEarned, PointsReversed, PointsSpent, SpendReversed
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View

_READ = {
    name: kind
    for name, kind in PUBLISHED.events.items()
    if kind in (MemberEnrolled, PointsEarned, PointsReversed, PointsSpent, SpendReversed)
}


class MemberRow(Struct, frozen=True):
    """A member: what can be spent, what is owed, and the totals behind it."""

    customer_id: UUID
    enrolled_at: datetime | None = None
    balance: int = 0
    debt: int = 0
    earned: int = 0
    reversed: int = 0
    spent: int = 0
    lots: int = 0
    last_movement_at: datetime | None = None


def project(row: MemberRow | None, recorded: Recorded) -> MemberRow:
    """Return the member's row after the event."""
    event: MemberEnrolled | PointsEarned | PointsReversed | PointsSpent | SpendReversed = recorded.event
    row = row or MemberRow(event.customer_id)
    if isinstance(event, MemberEnrolled):
        return structs.replace(row, enrolled_at=recorded.occurred_at)
    row = structs.replace(row, balance=event.balance_after, last_movement_at=recorded.occurred_at)
    match event:
        case PointsEarned():
            return structs.replace(
                row, earned=row.earned + event.points, lots=row.lots + 1, debt=row.debt - event.debt_repaid
            )
        case PointsReversed():
            return structs.replace(row, reversed=row.reversed + event.points, debt=row.debt + event.debt)
        case PointsSpent():
            return structs.replace(row, spent=row.spent + event.points)
        case SpendReversed():
            repaid = sum(event.repaid.values())
            return structs.replace(row, spent=row.spent - event.points, debt=row.debt - repaid)


MEMBERS = View(
    name="members",
    table=Table(
        "members_v2",
        MetaData(),
        Column("customer_id", Uuid, primary_key=True),
        Column("enrolled_at", DateTime(timezone=True)),
        Column("balance", BigInteger),
        Column("debt", BigInteger),
        Column("earned", BigInteger),
        Column("reversed", BigInteger),
        Column("spent", BigInteger),
        Column("lots", Integer),
        Column("last_movement_at", DateTime(timezone=True)),
    ),
    row=MemberRow,
    reads=(Catalogue("loyalty", _READ),),
    key=lambda recorded: recorded.event.customer_id,
    project=project,
)
