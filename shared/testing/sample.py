"""A service made up for the kernel's own tests: counters that can be raised, and nothing of a business."""

from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from msgspec import Struct
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from shared.decider import Decider
from shared.errors import Rejected
from shared.events import Catalogue
from shared.policies.policy import Policy, Work
from shared.service import Service
from shared.settings import KernelSettings, ServiceSettings
from shared.store.contract import Append, Context, Recorded
from shared.views.view import View
from shared.wire import event_source

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
SETTINGS = KernelSettings(kafka_bootstrap_servers="127.0.0.1:1")
CONTEXT = Context(occurred_at=NOW, recorded_at=NOW)


class Raised(Struct, frozen=True):
    """A counter went up by `by`; `by` of 13 is what the sample view and policy can't handle."""

    by: int


class Echoed(Struct, frozen=True):
    """The sample policy saw the event `cause`."""

    cause: str


class Raise(Struct, frozen=True):
    """Raise the counter, which may not pass 1,000."""

    by: int


def decide(command: Raise | Echoed, total: int) -> tuple[Raised | Echoed, ...]:
    """Refuse what would pass 1,000; nothing happens for 0."""
    match command:
        case Echoed():
            return (command,)
        case Raise(by):
            if total + by > 1000:
                raise Rejected("too-high", f"The counter is at {total} and may not pass 1,000.")
            return (Raised(by),) if by else ()
        case _:
            assert_never(command)


def evolve(total: int, event: Raised | Echoed) -> int:
    """Add up."""
    return total + event.by if isinstance(event, Raised) else total


COUNTER = Decider("counter", 0, decide, evolve)
PUBLISHED = Catalogue("sample", {"raised.v1": Raised, "echoed.v1": Echoed})


class TotalRow(Struct, frozen=True):
    """One counter's total."""

    stream: str
    total: int
    last: int


def project(row: TotalRow | None, event: Recorded) -> TotalRow | None:
    """Add up; the order of a stream's events shows in `last`."""
    if event.event.by == 13:
        raise ValueError("thirteen can't be handled")
    return TotalRow(event.stream, (row.total if row else 0) + event.event.by, event.version)


TOTALS_READ = Catalogue("sample", {"raised.v1": Raised})
TOTALS = View(
    name="totals",
    table=Table(
        "totals",
        MetaData(),
        Column("stream", Text, primary_key=True),
        Column("total", BigInteger),
        Column("last", BigInteger),
    ),
    row=TotalRow,
    reads=(TOTALS_READ,),
    key=lambda event: event.stream,
    project=project,
)


def react(work: Work, event: Recorded) -> None:
    """Note each raise on the echo stream of its counter."""
    if event.event.by == 13:
        raise Rejected("thirteen", "Thirteen can't be handled.")
    context = Context(event.occurred_at, work.now, causation=event.id)
    work.handle(COUNTER, f"echo-{event.stream}", Echoed(event.id), subject=event.subject, context=context)


ECHO = Policy(
    name="echo",
    source=event_source(TOTALS_READ),
    key=lambda event: event.stream,
    needs=lambda event: (f"echo-{event.stream}",),
    react=react,
)


def service(folder: Path) -> Service:
    """Return the declaration; its migration is written into `folder`."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (versions / "sample_0001.py").write_text(_MIGRATION)
    return Service(
        name="sample",
        title="Sample",
        summary="Counters for the kernel's tests.",
        settings=ServiceSettings,
        publishes=PUBLISHED,
        folder=folder,
        views=(TOTALS,),
        policies=lambda _: (ECHO,),
    )


_MIGRATION = """
from alembic import op
revision = "sample_0001"
down_revision = None
def upgrade():
    op.execute("CREATE TABLE totals (stream text PRIMARY KEY, total bigint NOT NULL, last bigint NOT NULL)")
"""


def raised(stream: str, by: int, *, expected: int = 0, subject: str | None = None) -> Append:
    """Return the append of one `Raised`."""
    return Append(stream, expected, subject or stream, [Raised(by)], CONTEXT)
