"""A view's fold in memory: rows by key, and what it leaves aside because `project` can't take it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from msgspec import Struct

from shared.consumers.parking import reason_of
from shared.errors import Rejected
from shared.policies.policy import RawRecord
from shared.service import topic_of
from shared.store.contract import Recorded
from shared.views.view import View
from shared.wire import raw_record

R = TypeVar("R")

MOST_ASIDE = 10_000
"""Messages that a fold may leave aside: more of them say that the fold is wrong, and not the messages."""


class Aside(Struct, frozen=True):
    """A message that the view can't take: its key, its number in its topic's partition, why (None: behind another)."""

    key: str
    topic: str
    partition: int
    number: int
    reason: str | None
    record: RawRecord


class Unreadable(Struct, frozen=True):
    """A message that can't be decoded."""

    topic: str
    partition: int
    number: int
    error: Exception
    record: RawRecord


class Page(Struct, frozen=True):
    """What was read: events in order, messages that aren't readable, and how many numbers it covers."""

    events: Sequence[Recorded]
    unreadable: Sequence[Unreadable] = ()
    passed: int = 0


class Fold(Generic[R]):
    """Folds events that the view reads, as its consumer does; None stands for a row that was removed."""

    def __init__(self, view: View[R], aside: Iterable[Aside] = ()) -> None:
        self._view = view
        self.rows: dict[Any, R | None] = {}
        self.aside: list[Aside] = list(aside)
        self.waiting = {item.key for item in self.aside}

    def keys(self, events: Iterable[Recorded]) -> list[Any]:
        """Return the keys whose rows `take` needs, without those of events that have none."""
        keys: dict[Any, None] = {}
        for event in events:
            try:
                keys[self._view.key(event)] = None
            except Exception:  # noqa: S112 - `take` meets it again, and leaves it aside
                continue
        return [key for key in keys if key is not None]

    def take(self, page: Page) -> None:
        """Fold a page. Raises Rejected when more is left aside than can be the messages' fault."""
        rows, waiting, project, key_of = self.rows, self.waiting, self._view.project, self._view.key
        append_only = self._view.append_only
        for event in page.events:
            try:
                key = key_of(event)
            except Exception as error:
                self._leave(_place_key(event), event, error)
                continue
            if key is None:
                continue
            if waiting and str(key) in waiting:
                self._leave(str(key), event, None)
                continue
            try:
                rows[key] = project(None if append_only else rows.get(key), event)
            except Exception as error:
                waiting.add(str(key))
                self._leave(str(key), event, error)
        for item in page.unreadable:
            key = f"{item.topic}/{item.partition}/#{item.number}"
            self._add(Aside(key, item.topic, item.partition, item.number, reason_of(item.error), item.record))

    def _leave(self, key: str, event: Recorded, error: Exception | None) -> None:
        record, number = raw_record(event), event.number or 0
        reason = reason_of(error) if error else None
        self._add(Aside(key, record.topic, record.partition, number, reason, record))

    def _add(self, item: Aside) -> None:
        self.aside.append(item)
        refuse_too_many(self._view.name, self.aside)


def refuse_too_many(view: str, aside: Sequence[Aside]) -> None:
    """Raise Rejected when so much is left aside that the fold must be wrong."""
    if len(aside) > MOST_ASIDE:
        raise Rejected(
            "view-cannot-fold",
            f"{view} can't take more than {MOST_ASIDE:,} messages; the first is of {aside[0].key}: {aside[0].reason}."
            " The view in use was left as it is: mend the fold.",
        )


def present(rows: Mapping[Any, R | None]) -> dict[Any, R]:
    """Return the rows that are there, without those that were removed."""
    return {key: row for key, row in rows.items() if row is not None}


def _place_key(event: Recorded) -> str:
    return f"{topic_of(event.service)}/{event.partition}/#{event.number}"
