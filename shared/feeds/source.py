"""Where a feed's events come from: something that numbers them for ever and can be read from any number on."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
from msgspec import Struct

from shared.feeds.places import Place, Reached
from shared.store.contract import PARTITIONS, EventStore, Recorded

_encode = msgspec.json.Encoder().encode


class Told(Struct, frozen=True):
    """An event on its way to listeners: its number in its place, whom it is about, and its JSON, made once for all."""

    place: Place
    number: int
    subject: str
    type: str
    body: bytes


class Body(Struct, frozen=True):
    """An event as listeners read it; `id` is its name everywhere, `<stream>@<version>`."""

    id: str
    service: str
    type: str
    subject: str
    occurred_at: datetime
    recorded_at: datetime
    data: msgspec.Raw


def told(place: Place, number: int, body: Body) -> Told:
    """Return the event as it goes to listeners."""
    return Told(place, number, body.subject, body.type.rpartition(".v")[0], _encode(body))


class Source(Protocol):
    """Reads events by the numbers that they keep for ever."""

    async def ends(self) -> Reached:
        """Return the last number of every place up to which all events can be read."""
        ...

    def read(self, after: Reached, until: Reached, about: Collection[str] | None) -> AsyncIterator[Sequence[Told]]:
        """Yield pages of the events with after < number <= until of each place, about these subjects (None: any).

        Within a place they come in the order of their numbers; all of a page's come after those of the page before.
        """
        ...


class OwnLog:
    """A service's own log, in the order of its publication."""

    def __init__(self, store: EventStore, service: str) -> None:
        self._store = store
        self._service = service

    async def ends(self) -> Reached:
        """See `Source.ends`."""
        ends = await self._store.log_ends()
        return {(self._service, partition): ends.get(partition, 0) for partition in range(PARTITIONS)}

    async def read(
        self, after: Reached, until: Reached, about: Collection[str] | None = None
    ) -> AsyncIterator[Sequence[Told]]:
        """See `Source.read`."""
        for place, end in until.items():
            if end > after[place]:
                async for page in self._store.read_log(place[1], after=after[place]):
                    yield [
                        told(place, number, _body(event))
                        for number, event in page
                        if number <= end and (about is None or event.subject in about)
                    ]
                    if page[-1][0] >= end:
                        break


def _body(event: Recorded) -> Body:
    data = event.data.encode() if isinstance(event.data, str) else event.data
    name = f"{event.type}.v{event.schema_version}"
    return Body(event.id, event.service, name, event.subject, event.occurred_at, event.recorded_at, msgspec.Raw(data))
