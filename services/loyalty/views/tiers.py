"""Which members have which tier: one row for each whose tier ever changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text, Uuid

from services.loyalty.domain.tiers.events import TierChanged, TierKept
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View


class TierRow(Struct, frozen=True):
    """A member's tier: since when and why, and when it changes next if nothing more comes."""

    customer_id: UUID
    programme: str
    tier: str
    rank: int
    service_level: str
    reason: str
    since: datetime
    next_at: datetime | None = None


def project(row: TierRow | None, recorded: Recorded) -> TierRow | None:
    """Return the member's row after the event; who only kept the first tier has none."""
    event: TierChanged | TierKept = recorded.event
    if isinstance(event, TierKept):
        return row and structs.replace(row, next_at=event.next_at)
    return TierRow(
        event.customer_id,
        event.programme,
        event.after,
        event.rank,
        event.service_level,
        str(event.reason),
        event.at,
        event.next_at,
    )


def combine(rows: Sequence[TierRow], root: str) -> Sequence[TierRow]:
    """Return merged members as one, by the best tier that one of them has alone.

    What they earned together may be worth more: the member's own page says so.
    """
    best = max(rows, key=lambda row: (row.rank, row.since), default=None)
    return () if best is None else (structs.replace(best, customer_id=UUID(root)),)


TIERS = View(
    name="tiers",
    table=Table(
        "tiers_v2",
        MetaData(),
        Column("customer_id", Uuid, primary_key=True),
        Column("programme", Text),
        Column("tier", Text),
        Column("rank", Integer),
        Column("service_level", Text),
        Column("reason", Text),
        Column("since", DateTime(timezone=True)),
        Column("next_at", DateTime(timezone=True)),
    ),
    row=TierRow,
    reads=(Catalogue("loyalty", {"tier-changed.v1": TierChanged, "tier-kept.v1": TierKept}),),
    key=lambda recorded: recorded.event.customer_id,
    project=project,
    combine=combine,
)
