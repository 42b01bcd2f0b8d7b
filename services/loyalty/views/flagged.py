"""Members of whom something was suspected or refused, or who are blocked: one row each."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import Boolean, Column, DateTime, Integer, MetaData, Table, Text, Uuid

from services.loyalty.domain.abuse.events import (
    ActJudged,
    Event,
    MemberBlocked,
    MemberUnblocked,
    SuspicionReviewed,
)
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View


class FlaggedRow(Struct, frozen=True):
    """What befell a member: suspicions and refusals in all, suspicions that are still to be looked at, and the last."""

    customer_id: UUID
    blocked: bool = False
    suspicions: int = 0
    open: int = 0
    refusals: int = 0
    last_rule: str | None = None
    last_outcome: str | None = None
    last_at: datetime | None = None


def key(recorded: Recorded) -> UUID | None:
    """Return whom the event is about; None where nothing was wrong."""
    event: Event = recorded.event
    return None if isinstance(event, ActJudged) and not event.findings else event.customer_id


def project(row: FlaggedRow | None, recorded: Recorded) -> FlaggedRow:
    """Return the member's row after the event."""
    event: Event = recorded.event
    row = row or FlaggedRow(event.customer_id)
    match event:
        case ActJudged():
            return _judged(structs.replace(row, last_at=recorded.occurred_at), event)
        case SuspicionReviewed():
            return structs.replace(row, open=row.open - 1)
        case MemberBlocked():
            return structs.replace(row, blocked=True, last_at=recorded.occurred_at)
        case MemberUnblocked():
            return structs.replace(row, blocked=False)
        case _:
            assert_never(event)


def _judged(row: FlaggedRow, event: ActJudged) -> FlaggedRow:
    row = structs.replace(row, last_rule=event.findings[0].rule, last_outcome=str(event.outcome))
    if not event.effective:
        return structs.replace(row, refusals=row.refusals + 1)
    return structs.replace(row, suspicions=row.suspicions + 1, open=row.open + 1)


def combine(rows: Sequence[FlaggedRow], root: str) -> Sequence[FlaggedRow]:
    """Return merged members as one: sums, and whatever befell one of them last."""
    if not rows:
        return ()
    told = [row for row in rows if row.last_at is not None]
    last = max(told, key=lambda row: (row.last_at, row.customer_id), default=rows[0])
    return (
        structs.replace(
            last,
            customer_id=UUID(root),
            blocked=any(row.blocked for row in rows),
            suspicions=sum(row.suspicions for row in rows),
            open=sum(row.open for row in rows),
            refusals=sum(row.refusals for row in rows),
        ),
    )


FLAGGED = View(
    name="flagged",
    table=Table(
        "flagged_v2",
        MetaData(),
        Column("customer_id", Uuid, primary_key=True),
        Column("blocked", Boolean, nullable=False),
        Column("suspicions", Integer, nullable=False),
        Column("open", Integer, nullable=False),
        Column("refusals", Integer, nullable=False),
        Column("last_rule", Text),
        Column("last_outcome", Text),
        Column("last_at", DateTime(timezone=True)),
    ),
    row=FlaggedRow,
    reads=(
        Catalogue(
            "loyalty",
            {
                "act-judged.v1": ActJudged,
                "suspicion-reviewed.v1": SuspicionReviewed,
                "member-blocked.v1": MemberBlocked,
                "member-unblocked.v1": MemberUnblocked,
            },
        ),
    ),
    key=key,
    project=project,
    combine=combine,
)
