"""The timeline: every event of every service about a customer, one row each."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import BigInteger, Column, DateTime, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View


class TimelineRow(Struct, frozen=True):
    """One event: when it happened, when we learned of it, and what it says.

    `number` is its place in `partition` of its service's log: by it the events
    are folded again in the order in which every view has met them.
    """

    event_id: str
    customer_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    service: str
    type: str
    data: str
    schema_version: int
    partition: int
    number: int


def key(event: Recorded) -> str | None:
    """Return the event's own name; None for events that are about no single customer."""
    return event.id if _is_customer(event.subject) else None


def project(row: TimelineRow | None, event: Recorded) -> TimelineRow:
    """Return the event's row; nothing ever changes it."""
    data = event.data
    return TimelineRow(
        event.id,
        UUID(event.subject),
        event.occurred_at,
        event.recorded_at,
        event.service,
        event.type,
        data.decode() if isinstance(data, bytes) else data,
        event.schema_version,
        event.partition,
        event.number or 0,
    )


def _is_customer(subject: str) -> bool:
    """A subject is a customer's UUID, or else the name of a stream."""
    return len(subject) == 36 and subject[8] == subject[13] == subject[18] == subject[23] == "-"


TIMELINE = View(
    name="timeline",
    table=Table(
        "timeline_v2",
        MetaData(),
        Column("event_id", Text, primary_key=True),
        Column("customer_id", Uuid, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("service", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("data", JSONB, nullable=False),
        Column("schema_version", SmallInteger, nullable=False),
        Column("partition", SmallInteger, nullable=False),
        Column("number", BigInteger, nullable=False),
    ),
    row=TimelineRow,
    reads=tuple(Catalogue.everything(service) for service in ("contact", "tickets", "loyalty", "scoring")),
    key=key,
    project=project,
    append_only=True,
)
