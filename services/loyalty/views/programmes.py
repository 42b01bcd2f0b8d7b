"""Which programmes are there, and what was published of each last: one row each."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text

from services.loyalty.domain.programme.events import ProgrammePublished
from shared.events import Catalogue
from shared.store.contract import Recorded
from shared.views.view import View


class ProgrammeRow(Struct, frozen=True):
    """A programme: its name and rules by the version that was published last."""

    programme_id: str
    name: str
    version: int
    effective_from: datetime
    published_at: datetime
    rules: int
    currencies: int


def project(_: ProgrammeRow | None, recorded: Recorded) -> ProgrammeRow:
    """Return the programme's row after a publication."""
    event: ProgrammePublished = recorded.event
    document = event.document
    return ProgrammeRow(
        event.programme_id,
        document.name,
        event.version,
        event.effective_from,
        recorded.recorded_at,
        len(document.earning.rules),
        len(document.currencies),
    )


PROGRAMMES = View(
    name="programmes",
    table=Table(
        "programmes_v2",
        MetaData(),
        Column("programme_id", Text, primary_key=True),
        Column("name", Text),
        Column("version", Integer),
        Column("effective_from", DateTime(timezone=True)),
        Column("published_at", DateTime(timezone=True)),
        Column("rules", Integer),
        Column("currencies", Integer),
    ),
    row=ProgrammeRow,
    reads=(Catalogue("loyalty", {"programme-published.v1": ProgrammePublished}),),
    key=lambda recorded: recorded.event.programme_id,
    project=project,
)
