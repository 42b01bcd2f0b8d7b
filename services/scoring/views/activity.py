"""Who is active: one row for each customer, with the moments at which time alone will lower the class.

No class stands in a row, because it is a function of the moment: a list computes it at the moment of asking, so
that no class is shown too long, whether timers ran or not, also where customers were merged.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.scoring.contracts.contact import PURCHASES
from services.scoring.domain.activity_class import Activity, ends, with_purchase
from shared.store.contract import Recorded
from shared.views.view import View


class ActivityRow(Struct, frozen=True):
    """A customer's purchase days in UTC (`moments`: the first purchase of each), and until when each class is held."""

    customer_id: UUID
    purchase_days: int
    last_purchase_day: datetime
    moments: tuple[datetime, ...]
    high_frequency_until: datetime | None
    active_until: datetime | None
    regular_until: datetime | None
    inactive_until: datetime | None


def project(row: ActivityRow | None, recorded: Recorded) -> ActivityRow:
    """Return the row after a purchase."""
    moments = with_purchase(row.moments if row else (), recorded.occurred_at)
    return row if row and moments is row.moments else row_of(recorded.event.customer_id, moments)


def combine(rows: Sequence[ActivityRow], root: str) -> Sequence[ActivityRow]:
    """Return the row of customers who are one: a day on which any of them bought is one of theirs."""
    nothing: tuple[datetime, ...] = ()
    moments = reduce(with_purchase, (moment for row in rows for moment in row.moments), nothing)
    return (row_of(UUID(root), moments),) if moments else ()


def row_of(customer_id: UUID, moments: tuple[datetime, ...]) -> ActivityRow:
    """Return the row of a customer who has bought."""
    days = tuple(moment.toordinal() for moment in moments)
    return ActivityRow(
        customer_id,
        len(days),
        _midnight(moments[-1]),
        moments,
        ends(Activity.HIGH_FREQUENCY, days),
        ends(Activity.ACTIVE, days),
        ends(Activity.REGULAR, days),
        ends(Activity.INACTIVE, days),
    )


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


ACTIVITY_VIEW = View(
    name="activity",
    table=Table(
        "activity_v2",
        MetaData(),
        Column("customer_id", Uuid, primary_key=True),
        Column("purchase_days", Integer),
        Column("last_purchase_day", DateTime(timezone=True)),
        Column("moments", JSONB),
        Column("high_frequency_until", DateTime(timezone=True)),
        Column("active_until", DateTime(timezone=True)),
        Column("regular_until", DateTime(timezone=True)),
        Column("inactive_until", DateTime(timezone=True)),
    ),
    row=ActivityRow,
    reads=(PURCHASES,),
    key=lambda recorded: recorded.event.customer_id,
    project=project,
    combine=combine,
)
