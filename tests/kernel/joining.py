"""A service made up for the tests of merging: names collect numbers, join one another, and part again."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from msgspec import Struct
from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from shared.events import Catalogue
from shared.merging import Merged, Merges, Unmerged
from shared.service import Service
from shared.store.contract import Append, Recorded
from shared.testing import sample
from shared.views.view import View


class Added(Struct, frozen=True):
    """`whom` got a number."""

    whom: str
    by: int


class Joined(Struct, frozen=True):
    """`parent` stands for `child`."""

    merge_id: str
    child: str
    parent: str


class Parted(Struct, frozen=True):
    """`child` stands for itself again."""

    merge_id: str
    child: str
    parent: str


Fact = Added | Joined | Parted
PUBLISHED = Catalogue("sample", {"added.v1": Added, "joined.v1": Joined, "parted.v1": Parted})


class SumRow(Struct, frozen=True):
    """What a name has got: the sum, the greatest, and how often each number came."""

    whom: str
    total: int
    greatest: int
    seen: dict[str, int]


def project(row: SumRow | None, recorded: Recorded) -> SumRow:
    """Add up; a negative number is what the view can't handle."""
    event: Added = recorded.event
    if event.by < 0:
        raise ValueError("negative")
    row = row or SumRow(event.whom, 0, 0, {})
    seen = {**row.seen, str(event.by): row.seen.get(str(event.by), 0) + 1}
    return SumRow(row.whom, row.total + event.by, max(row.greatest, event.by), seen)


def combine(rows: Sequence[SumRow], root: str) -> Sequence[SumRow]:
    """Add up over all members."""
    seen: dict[str, int] = {}
    for row in rows:
        for number, times in row.seen.items():
            seen[number] = seen.get(number, 0) + times
    return (SumRow(root, sum(row.total for row in rows), max(row.greatest for row in rows), seen),)


class KindRow(Struct, frozen=True):
    """How often a name has got even or odd numbers."""

    key: str
    whom: str
    odd: bool
    times: int


def project_kinds(row: KindRow | None, recorded: Recorded) -> KindRow:
    """Count."""
    event: Added = recorded.event
    return KindRow(key_of_kind(recorded), event.whom, bool(event.by % 2), (row.times if row else 0) + 1)


def combine_kinds(rows: Sequence[KindRow], root: str) -> Sequence[KindRow]:
    """Count over all members."""
    odd = {row.odd: sum(each.times for each in rows if each.odd == row.odd) for row in rows}
    return [KindRow(f"{root}:{kind}", root, kind, times) for kind, times in odd.items()]


def key_of_kind(recorded: Recorded) -> str:
    """Return the row's key: a name has two rows."""
    return f"{recorded.event.whom}:{bool(recorded.event.by % 2)}"


READS = (Catalogue("sample", {"added.v1": Added}),)
SUMS = View(
    name="sums",
    table=Table(
        "sums",
        MetaData(),
        Column("whom", Text, primary_key=True),
        Column("total", BigInteger),
        Column("greatest", BigInteger),
        Column("seen", JSONB),
    ),
    row=SumRow,
    reads=READS,
    key=lambda event: event.event.whom,
    project=project,
    combine=combine,
)
KINDS = View(
    name="kinds",
    table=Table(
        "kinds",
        MetaData(),
        Column("key", Text, primary_key=True),
        Column("whom", Text),
        Column("odd", Boolean),
        Column("times", BigInteger),
    ),
    row=KindRow,
    reads=READS,
    key=key_of_kind,
    project=project_kinds,
    combine=combine_kinds,
    subject="whom",
)


def read(event: Recorded) -> Merged | Unmerged | None:
    """Return what an event says about edges."""
    match event.event:
        case Joined(merge_id, child, parent):
            return Merged(merge_id, child, parent)
        case Parted(merge_id, child, parent):
            return Unmerged(merge_id, child, parent)
    return None


MERGES = Merges(Catalogue("sample", {"joined.v1": Joined, "parted.v1": Parted}), read)
VIEWS = (SUMS, KINDS)


def service(folder: Path) -> Service:
    """Return the declaration; its migration is written into `folder`."""
    declared = sample.service(folder)
    (declared.folder / "migrations" / "versions" / "sample_0001.py").write_text(_MIGRATION)
    return replace(declared, publishes=PUBLISHED, views=VIEWS, merges=MERGES, policies=lambda _: ())


_MIGRATION = """
from alembic import op
revision = "sample_0001"
down_revision = None
def upgrade():
    op.execute("CREATE TABLE sums (whom text PRIMARY KEY, total bigint, greatest bigint, seen jsonb)")
    op.execute("CREATE TABLE kinds (key text PRIMARY KEY, whom text, odd boolean, times bigint)")
"""


def life(dice: random.Random, names: Sequence[str], length: int) -> list[Fact]:
    """Return a random life: every fact is one that contact would let happen in this order."""
    parents: dict[str, tuple[str, str]] = {}
    facts: list[Fact] = []

    def root(name: str) -> str:
        while name in parents:
            name = parents[name][1]
        return name

    for number in range(length):
        child, other = dice.choice(names), dice.choice(names)
        match dice.randrange(5):
            case 0 if child not in parents and root(other) != child:
                parents[child] = (f"{names[0]}#{number}", other)
                facts.append(Joined(*(parents[child][0], child, other)))
            case 1 if child in parents:
                merge_id, parent = parents.pop(child)
                facts.append(Parted(merge_id, child, parent))
            case _:
                facts.append(Added(child, dice.randrange(1, 9)))
    return facts


def appends(facts: Sequence[Fact]) -> list[Append]:
    """Return the facts as appends. Edges come by partitions of their own, in no order with what the names get."""
    heads: dict[str, int] = {}
    made = []
    for fact in facts:
        subject = fact.whom if isinstance(fact, Added) else f"edges of {fact.child}"
        stream = f"name-{subject}"
        made.append(Append(stream, heads.get(stream, 0), subject, [fact], sample.CONTEXT))
        heads[stream] = heads.get(stream, 0) + 1
    return made


class Circular(Exception):
    """An undo hasn't come yet, and the edges that are known run in a circle."""


def expected(facts: Sequence[Fact]) -> dict[str, SumRow]:
    """Return what a view must show after these facts, told naively: who stands for whom, and then all that they got.

    Raises Circular where that can't be told.
    """
    parents: dict[str, str] = {}
    undone = {fact.merge_id for fact in facts if isinstance(fact, Parted)}
    for fact in facts:
        if isinstance(fact, Joined) and fact.merge_id not in undone:
            parents[fact.child] = fact.parent
    rows: dict[str, SumRow] = {}
    for fact in facts:
        if isinstance(fact, Added):
            name, steps = fact.whom, 0
            while name in parents:
                name, steps = parents[name], steps + 1
                if steps > len(parents):
                    raise Circular
            row = rows.get(name, SumRow(name, 0, 0, {}))
            seen = {**row.seen, str(fact.by): row.seen.get(str(fact.by), 0) + 1}
            rows[name] = SumRow(name, row.total + fact.by, max(row.greatest, fact.by), seen)
    return rows


def expected_kinds(facts: Sequence[Fact]) -> dict[str, KindRow]:
    """Return what the view with two rows a name must show."""
    rows: dict[str, KindRow] = {}
    for name, row in expected(facts).items():
        for number, times in row.seen.items():
            kind = bool(int(number) % 2)
            key = f"{name}:{kind}"
            rows[key] = KindRow(key, name, kind, times + (rows[key].times if key in rows else 0))
    return rows
