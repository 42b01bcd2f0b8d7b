"""What must hold at the end of a history: the kernel's promises P1 to P6, and that it has come to rest."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from tests.simulation.domain import STREAMS_TABLE, SUBJECTS_TABLE
from tests.simulation.serving import Answered
from tests.simulation.statements.log import Event

if TYPE_CHECKING:
    from tests.simulation.history import History


class Problem(Struct, frozen=True):
    """A promise that doesn't hold, and what shows it."""

    promise: str
    detail: str


def problems(history: "History", *, rested: bool) -> list[Problem]:
    """Return everything that is wrong."""
    tables = history.database.tables
    found = list(_rest(history)) if not rested else []
    found += [Problem("rest", told) for told in history.world.unexpected]
    found += _commands(history, tables["event"])
    found += _streams(tables)
    found += _publication(tables)
    found += _topic(history)
    if rested:
        order = published(tables)
        found += _effects(history, order)
        found += _views(history, order)
    return found


def _rest(history: "History") -> Iterator[Problem]:
    tables = history.database.tables
    missing = [item.word for item in history.plan.commands if item.word not in _words(history)]
    if missing:
        yield Problem("rest", f"commands without an answer: {missing}")
    leads = {partition: (row.next_seq, row.acked_seq) for partition, row in tables["relay_partition"].items()}
    places = {key[::2]: (row.next_seq, row.seen_seq) for key, row in tables["consumer_position"].items()}
    yield Problem(
        "rest",
        f"outbox {sorted(tables['outbox'])}, numbers (next, acknowledged) {leads},"
        f" places (next, seen) {places}, operator busy with {history.operator.busy}",
    )


def _words(history: "History") -> set[str]:
    return {item.command.word for item in history.clients.answered}


def _commands(history: "History", events: Mapping[int, Event]) -> Iterator[Problem]:
    """P1: acknowledged is there. P2: once, with one answer. P3: a guarded one stands right behind what it expected."""
    places = defaultdict(list)
    for event in events.values():
        if event.type == "noted":
            places[msgspec.json.decode(event.data)["word"]].append((event.stream, event.version))
    for answered in history.clients.answered:
        yield from _answer(answered, places[answered.command.word])
    for word, found in places.items():
        if len(found) > 1:
            yield Problem("P2", f"{word} took effect {len(found)} times: {found}")


def _answer(answered: Answered, found: Sequence[tuple[str, int]]) -> Iterator[Problem]:
    command, version = answered.command, answered.version
    if answered.differing:
        yield Problem("P2", f"{command.word} was answered {version}, and also {answered.differing}")
    if version is None:
        if found:
            yield Problem("P3", f"{command.word} was refused, but stands at {found}")
        return
    if not found:
        yield Problem("P1", f"{command.word} was acknowledged, but isn't in the log")
    elif (command.stream, version) not in found:
        yield Problem("P2", f"{command.word} was answered with version {version}, but stands at {found}")
    if answered.expected is not None and version != answered.expected + 1:
        yield Problem("P3", f"{command.word} expected version {answered.expected}, and won at {version}")


def _streams(tables: Mapping[str, Mapping[Any, Any]]) -> Iterator[Problem]:
    """P3: one event a version, and no version left out."""
    versions = defaultdict(list)
    for _, event in sorted(tables["event"].items()):
        versions[event.stream].append(event.version)
    for stream, found in versions.items():
        if found != list(range(1, len(found) + 1)) or tables["stream"][stream][0] != len(found):
            yield Problem("P3", f"{stream} has the versions {found}, its head {tables['stream'][stream][0]}")


def published(tables: Mapping[str, Mapping[Any, Any]]) -> list[tuple[int, int, Event]]:
    """Return (partition, number, event) as the publication log has them."""
    return [
        (partition, seq, tables["event"][position])
        for (partition, first), positions in sorted(tables["publication"].items())
        for seq, position in enumerate(positions, start=first)
    ]


def _publication(tables: Mapping[str, Mapping[Any, Any]]) -> Iterator[Problem]:
    """P4: each event has one number, the numbers have no gap, and streams are in order."""
    order = published(tables)
    given: dict[int, list[int]] = defaultdict(list)
    versions: dict[str, int] = defaultdict(int)
    for partition, seq, event in order:
        given[partition].append(seq)
        if event.version != versions[event.stream] + 1:
            yield Problem("P4", f"{event.stream}@{event.version} is published after version {versions[event.stream]}")
        versions[event.stream] = event.version
    for partition, numbers in given.items():
        if numbers != list(range(1, len(numbers) + 1)):
            yield Problem("P4", f"partition {partition} has the numbers {numbers}")
    numbered, waiting = {event.position for _, _, event in order}, set(tables["outbox"])
    for position, event in tables["event"].items():
        if position not in numbered and position not in waiting:
            yield Problem("P4", f"{event.stream}@{event.version} will never be published")


def _topic(history: "History") -> Iterator[Problem]:
    """P4: what the topic holds under a number is the event that the log has under it."""
    ids = {
        (partition, seq): f"{event.stream}@{event.version}"
        for partition, seq, event in published(history.database.tables)
    }
    for place, log in history.broker.logs.items():
        for record in log:
            headers = dict(record.headers)
            number, name = int(headers["ce_partitionseq"]), headers["ce_id"].decode()
            if ids.get((place.partition, number)) != name:
                there = ids.get((place.partition, number))
                yield Problem(
                    "P4", f"{place.partition}/{record.offset} is {name} as number {number}, in the log {there}"
                )


def _effects(history: "History", order: Sequence[tuple[int, int, Event]]) -> Iterator[Problem]:
    """P4: the policy answered each note once, in order. P6: but for those of a key that waits, from the first on."""
    if not history.plan.policy:
        return
    heard = defaultdict(list)
    for _, event in sorted(history.database.tables["event"].items()):
        if event.type == "heard":
            heard[event.stream.removeprefix("heard-")].append(msgspec.json.decode(event.data)["cause"])
    mended = history.plan.mended_at is not None
    waits: dict[str, list[str]] = defaultdict(list)
    expected: dict[str, list[str]] = defaultdict(list)
    for event, word in _notes(order):
        name = f"{event.stream}@{event.version}"
        (waits if _waits(waits, event.stream, word, "?", mended) else expected)[event.stream].append(name)
    if heard != expected:
        yield Problem("P4", f"the policy answered {dict(heard)}, not {dict(expected)}")
    yield from _parked(history, "hear", waits)


def _views(history: "History", order: Sequence[tuple[int, int, Event]]) -> Iterator[Problem]:
    """P5: a row is the fold of its key's events in publication order. P6: up to the first that can't be handled."""
    mended = history.plan.mended_at is not None
    tables = {"by-stream": STREAMS_TABLE.name, "by-subject": SUBJECTS_TABLE.name}
    for view in (history.plan.view,) if history.plan.view else ():
        rows: dict[str, tuple[str, str, int]] = {}
        waits: dict[str, list[str]] = defaultdict(list)
        for event, word in _notes(order):
            key = event.stream if view == "by-stream" else event.subject
            if _waits(waits, key, word, "!", mended):
                waits[key].append(f"{event.stream}@{event.version}")
            else:
                rows[key] = (key, f"{rows[key][1]} {word}" if key in rows else word, event.version)
        found = history.database.tables[tables[view]]
        if found != rows:
            yield Problem("P5", f"{view} has {dict(found)}, the log gives {rows}")
        yield from _parked(history, view, waits)


def _notes(order: Sequence[tuple[int, int, Event]]) -> Iterator[tuple[Event, str]]:
    for _, _, event in order:
        if event.type == "noted":
            yield event, msgspec.json.decode(event.data)["word"]


def _waits(waits: Mapping[str, list[str]], key: str, word: str, mark: str, mended: bool) -> bool:  # noqa: FBT001 - private
    return not mended and (bool(waits.get(key)) or word.startswith(mark))


def _parked(history: "History", handler: str, expected: Mapping[str, list[str]]) -> Iterator[Problem]:
    """P6: under each key waits exactly what must, in order, with a reason at the first."""
    tables = history.database.tables
    waiting: dict[str, list[str]] = defaultdict(list)
    for _, row in sorted(tables["parked"].items()):
        if row["handler"] == handler:
            headers = dict(msgspec.json.decode(row["headers"], type=list[tuple[bytes, bytes]]))
            if not waiting[row["key"]] and not row["reason"]:
                yield Problem("P6", f"{handler}/{row['key']} waits without a reason")
            waiting[row["key"]].append(headers[b"ce_id"].decode())
    wanted = {key: names for key, names in expected.items() if names}
    if waiting != wanted:
        yield Problem("P6", f"under {handler} wait {dict(waiting)}, not {wanted}")
    keys = {key for name, key in tables["parked_key"] if name == handler}
    if keys != set(wanted):
        yield Problem("P6", f"the keys {sorted(keys)} of {handler} are held back, not {sorted(wanted)}")
