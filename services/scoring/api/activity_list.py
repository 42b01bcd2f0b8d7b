"""The list of customers by activity, whose classes are those of the moment of asking."""

from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Table, Text, case, literal, null, select
from sqlalchemy.sql.expression import literal_column

from services.scoring.domain.activity_class import LADDER, Activity, course
from services.scoring.views.activity import ACTIVITY_VIEW
from shared.http import Listing
from shared.views.view import View

_TABLE = ACTIVITY_VIEW.table


class ListedRow(Struct, frozen=True):
    """A row of the list at a moment."""

    customer_id: UUID
    activity: str
    falls_at: datetime | None
    last_purchase_day: datetime
    purchase_days: int
    moments: tuple[datetime, ...]


def activity_list(now: datetime) -> Listing:
    """Return the list as of `now`."""
    view: View[Any] = ACTIVITY_VIEW
    listed = replace(view, table=_table(now), row=ListedRow)
    return Listing(
        listed,
        filters=("activity", "falls_at", "last_purchase_day", "purchase_days", "customer_id"),
        sorts=("-last_purchase_day", "last_purchase_day", "falls_at", "-purchase_days"),
        shown=lambda row: _shown(row, now),
    )


def _table(now: datetime) -> Table:
    """Return the view's table with the class of the moment: the best one that hasn't ended."""
    moment = literal(now, _TABLE.c.last_purchase_day.type)
    held = [(_until(rung.activity) > moment, rung.activity) for rung in LADDER]
    activity: ColumnElement[Any] = case(
        *((holds, literal_column(f"'{name.value}'", Text)) for holds, name in held),
        else_=literal_column(f"'{Activity.SILENT.value}'", Text),
    )
    falls_at: ColumnElement[Any] = case(*((holds, _until(name)) for holds, name in held), else_=null())
    columns = _TABLE.c
    listed = select(
        columns.customer_id,
        activity.label("activity"),
        falls_at.label("falls_at"),
        columns.last_purchase_day,
        columns.purchase_days,
        columns.moments,
    )
    return cast("Table", listed.subquery(_TABLE.name))


def _until(activity: Activity) -> Any:
    return _TABLE.c[f"{activity.name.lower()}_until"]


def _shown(row: ListedRow, now: datetime) -> dict[str, Any]:
    return {
        "customer_id": row.customer_id,
        "activity": row.activity,
        "since": course(row.moments, now)[-1].since,
        "falls_at": row.falls_at,
        "last_purchase_day": row.last_purchase_day.date(),
        "purchase_days": row.purchase_days,
    }
