"""The in-memory event store that unit tests use; it passes the contract tests of the real one."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET, structs

from shared.clock import system_clock
from shared.errors import Conflict
from shared.events import Catalogue, encode
from shared.privacy.fields import must_be_sealed
from shared.privacy.vault import Vault
from shared.store.contract import NOW, Append, KeyUsed, Mark, Moment, Once, Recorded, listed
from shared.store.meta import meta_of
from shared.store.partition import partition_of


class InMemoryEventStore:
    """Keeps everything in one list; publication order is append order."""

    def __init__(
        self, catalogue: Catalogue, clock: Callable[[], datetime] = system_clock, *, vault: Vault | None = None
    ) -> None:
        self.catalogue = catalogue
        self.vault = vault
        self._clock = clock
        self._log: list[Recorded] = []
        self._streams: dict[str, list[Recorded]] = {}
        self._answers: dict[str, Once] = {}
        self.timers: dict[str, datetime] = {}

    async def append(self, *appends: Append, once: Once | Sequence[Once] | None = None) -> Sequence[int]:
        """See `EventStore.append`."""
        stale = stale_streams(appends, self._version)
        if stale:
            raise Conflict(stale)
        answers = listed(once)
        used = [item.key for place, item in enumerate(answers) if await self._is_used(item, answers[:place])]
        if used:
            raise KeyUsed(used[0])
        for item in appends:
            self._write(item)
            self._set_timer(item)
        self._answers.update({item.key: item for item in answers})
        return [item.expected + len(item.events) for item in appends]

    async def _is_used(self, once: Once, before: Sequence[Once]) -> bool:
        return any(item.key == once.key for item in before) or await self.answered(once.key) is not None

    def _version(self, stream: str) -> int:
        return len(self._streams.get(stream, ()))

    def _write(self, item: Append) -> None:
        history = self._streams.setdefault(item.stream, [])
        partition = history[0].partition if history else partition_of(item.subject)
        for event in item.events:
            recorded = self._record(item, event, len(history) + 1, partition)
            history.append(recorded)
            self._log.append(recorded)

    def _set_timer(self, item: Append) -> None:
        if item.wakes_at is None:
            self.timers.pop(item.stream, None)
        elif item.wakes_at is not UNSET:
            self.timers[item.stream] = item.wakes_at

    def _record(self, item: Append, event: Any, version: int, partition: int) -> Recorded:
        name = self.catalogue.name_of(event)
        if self.vault is not None:
            must_be_sealed(event)
        return Recorded(
            service=self.catalogue.service,
            stream=item.stream,
            version=version,
            position=len(self._log) + 1,
            partition=partition,
            subject=item.subject,
            type=name.type,
            schema_version=name.version,
            event=event,
            data=encode(event),
            occurred_at=item.context.occurred_at,
            recorded_at=item.context.recorded_at,
            meta=meta_of(item.context),
        )

    async def read(
        self, stream: str, *, after: int = 0, up_to: int | None = None, at: Moment = NOW
    ) -> Sequence[Recorded]:
        """See `EventStore.read`."""
        return tuple(filter(at.covers, self._streams.get(stream, ())[after:up_to]))

    async def news(self, stream: str, *, after: int = 0) -> tuple[int, Sequence[Any]]:
        """See `EventStore.news`."""
        news = await self.read(stream, after=after)
        return (news[-1].version if news else after), [item.event for item in news]

    async def read_many(
        self, streams: Sequence[str], *, after: Mapping[str, int] | None = None
    ) -> Mapping[str, Sequence[Recorded]]:
        """See `EventStore.read_many`."""
        places = after or {}
        found = {stream: self._streams.get(stream, ())[places.get(stream, 0) :] for stream in streams}
        return {stream: tuple(history) for stream, history in found.items() if history}

    async def read_behind(self, marks: Mapping[str, Mark]) -> Mapping[str, Sequence[Recorded]]:
        """See `EventStore.read_behind`."""
        histories = {stream: self._streams.get(stream, ())[mark.version - 1 :] for stream, mark in marks.items()}
        return {
            stream: tuple(history[1:])
            for stream, history in histories.items()
            if history and history[0].recorded_at == marks[stream].recorded_at
        }

    async def read_log(self, partition: int, *, after: int = 0) -> AsyncIterator[Sequence[tuple[int, Recorded]]]:
        """See `EventStore.read_log`."""
        events = [item for item in self._log if item.partition == partition]
        page = [(number, structs.replace(item, number=number)) for number, item in enumerate(events, start=1)][after:]
        if page:
            yield page

    async def wakes_at(self, stream: str) -> datetime | None:
        """See `EventStore.wakes_at`."""
        return self.timers.get(stream)

    async def log_ends(self) -> Mapping[int, int]:
        """See `EventStore.log_ends`."""
        return Counter(item.partition for item in self._log)

    async def answered(self, key: str) -> tuple[str, bytes] | None:
        """See `EventStore.answered`."""
        once = self._answers.get(key)
        return (once.fingerprint, once.answer) if once and once.expires_at > self._clock() else None


def stale_streams(appends: Sequence[Append], version: Callable[[str], int]) -> list[str]:
    """Return the streams that are not at the version which the first append, or the one before, leaves."""
    reached: dict[str, int] = {}
    stale = []
    for item in appends:
        if item.expected != reached.get(item.stream, version(item.stream)):
            stale.append(item.stream)
        reached[item.stream] = item.expected + len(item.events)
    return stale
