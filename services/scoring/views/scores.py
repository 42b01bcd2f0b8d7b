"""What is each customer worth: the newest score, one row each."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import Column, DateTime, Double, Integer, MetaData, Numeric, Table, Text, Uuid

from services.scoring.domain.events import CustomerScored
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View


class ScoreRow(Struct, frozen=True):
    """A customer's newest score."""

    customer_id: UUID
    run_id: UUID
    tier: str
    recency: int
    frequency: int
    monetary: int
    value: Decimal
    currency: str
    expected_purchases: float | None
    probability_alive: float | None
    scored_at: datetime


def project(row: ScoreRow | None, recorded: Recorded) -> ScoreRow:
    """Return the customer's row after a run."""
    event: CustomerScored = recorded.event
    return ScoreRow(
        event.customer_id,
        event.run_id,
        event.tier.value,
        event.recency,
        event.frequency,
        event.monetary,
        event.value,
        event.currency,
        event.expected_purchases,
        event.probability_alive,
        recorded.recorded_at,
    )


def combine(rows: Sequence[ScoreRow], root: str) -> Sequence[ScoreRow]:
    """Return what is shown of customers who are one: what was decided about the root, else the newest score."""
    one = UUID(root)
    shown = max(rows, key=lambda row: (row.customer_id == one, row.scored_at, row.customer_id))
    return (structs.replace(shown, customer_id=one),)


SCORES = View(
    name="scores",
    table=Table(
        "scores_v2",
        MetaData(),
        Column("customer_id", Uuid, primary_key=True),
        Column("run_id", Uuid),
        Column("tier", Text),
        Column("recency", Integer),
        Column("frequency", Integer),
        Column("monetary", Integer),
        Column("value", Numeric),
        Column("currency", Text),
        Column("expected_purchases", Double),
        Column("probability_alive", Double),
        Column("scored_at", DateTime(timezone=True)),
    ),
    row=ScoreRow,
    reads=(Catalogue("scoring", {"customer-scored.v1": CustomerScored}),),
    key=lambda recorded: recorded.event.customer_id,
    project=project,
    combine=combine,
)
