"""A service's own log in large pages: PostgreSQL makes one JSON text of thousands of events, read in one go."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

from shared.events import Catalogue
from shared.service import topic_of
from shared.store.contract import Recorded
from shared.store.postgres import Database
from shared.views.fold import Page, Unreadable
from shared.wire import raw_record

SPAN = 4000
"""Numbers in a page: about 2 MB of JSON."""

PAGE = """
WITH block AS (
    SELECT first_seq, positions FROM publication
    WHERE partition = $1 AND first_seq < $3 AND first_seq >= coalesce(
        (SELECT max(first_seq) FROM publication WHERE partition = $1 AND first_seq <= $2), 0)
), numbered AS (
    SELECT block.first_seq + place - 1 AS number, position
    FROM block, unnest(positions) WITH ORDINALITY AS item(position, place)
)
SELECT convert_to('[' || string_agg(
    concat('[', n.number, ',', to_json(e.stream_id), ',', e.version, ',', e.position, ',', to_json(e.subject), ',"',
           e.type, '",', e.schema_version, ',', to_json(e.occurred_at), ',', to_json(e.recorded_at), ',',
           e.meta, ',', e.data, ']'), ',' ORDER BY n.number) || ']', 'UTF8')
FROM numbered n JOIN event e USING (position)
WHERE n.number >= $2 AND n.number < $3 AND ($4::text[] IS NULL OR e.type = ANY($4))
"""


class _Line(Struct, array_like=True, gc=False):
    number: int
    stream: str
    version: int
    position: int
    subject: str
    type: str
    schema_version: int
    occurred_at: datetime
    recorded_at: datetime
    meta: dict[str, Any]
    data: Raw


_lines = msgspec.json.Decoder(list[_Line]).decode


class LogPages:
    """Reads one service's log by number; `types` are the event types to read, None for all of them."""

    def __init__(self, database: Database, catalogue: Catalogue, types: Sequence[str] | None) -> None:
        self._database = database
        self._catalogue = catalogue
        self._types = types
        self._decoders = _Decoders(catalogue)

    async def pages(self, partition: int, first: int, end: int, left_out: Collection[int]) -> AsyncIterator[Page]:
        """Yield the events numbered first <= number < end, in order, without those left out."""
        for start in range(first, end, SPAN):
            stop = min(start + SPAN, end)
            text = await self._database.fetchval(PAGE, partition, start, stop, self._types)
            lines = _lines(text) if text else []
            if left_out:
                lines = [line for line in lines if line.number not in left_out]
            yield self._page(partition, lines, stop - start)

    def _page(self, partition: int, lines: Sequence[_Line], passed: int) -> Page:
        events: list[Recorded] = []
        unreadable: list[Unreadable] = []
        service, decoders = self._catalogue.service, self._decoders
        for line in lines:
            data, event = bytes(line.data), None
            try:
                event = decoders[line.type, line.schema_version](data)
            except (msgspec.MsgspecError, LookupError, ValueError) as error:
                failure: Exception | None = error
            else:
                failure = None
            # Made here and not in a function: this is done for every event of a rebuild.
            recorded = Recorded(
                service, line.stream, line.version, line.position, partition, line.subject, line.type,
                line.schema_version, event, data, line.occurred_at, line.recorded_at, line.meta, line.number,
            )  # fmt: skip
            if failure is None:
                events.append(recorded)
            else:
                record = raw_record(recorded)
                unreadable.append(Unreadable(topic_of(service), partition, line.number, failure, record))
        return Page(events, unreadable, passed)


class _Decoders(dict[tuple[str, int], Callable[[bytes | str], Any]]):
    """The decoder of each name that was met."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __missing__(self, name: tuple[str, int]) -> Callable[[bytes | str], Any]:
        found = self[name] = self._catalogue.decoder(*name)
        return found
