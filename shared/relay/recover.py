"""Reading a service's own topic back into its log, after its database was restored to an older state.

Kafka holds every event that the relay has sent, with its id, position and
number. They go back to where they were; what nobody has seen yet goes behind
them, or aside where it contradicts them.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from shared.events import EventName
from shared.policies.policy import RawRecord
from shared.relay import recovery as sql
from shared.service import Service
from shared.topics.origin import origins
from shared.topics.records import TopicReader
from shared.wire import META_HEADERS, partition_sequence

OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'rapport%' AND pid <> pg_backend_pid()
"""


class Incomplete(Exception):
    """The topic itself lacks events that the log lacks too."""


class Recovered(Struct, frozen=True):
    """What was put back: events, the streams they are in, and the time of the newest.

    `moved` unpublished events were given later positions; `aside` contradict
    what was published, and lie in the table `set_aside`.
    """

    events: int
    streams: int
    newest: str | None
    moved: int
    aside: int


class Recovery:
    """One service's recovery. Its workers and APIs must not run meanwhile; both may be killed and begun again."""

    def __init__(self, service: Service, pool: asyncpg.Pool, bootstrap_servers: str) -> None:
        self._service = service
        self._pool = pool
        self._bootstrap = bootstrap_servers

    async def others(self) -> int:
        """Return how many connections other processes of Rapport have to this database now."""
        found: int = await self._pool.fetchval(OTHERS)
        return found

    async def collect(self) -> AsyncIterator[tuple[int, int]]:
        """Read what the log lacks into the table `recovery`; tell (records read, records there are) as it goes.

        Raises Incomplete when a number between the log's last and the topic's
        last is missing. Nothing but that table is written.
        """
        topic = self._service.topic
        origin = (await origins(self._bootstrap, [topic])).get(topic)
        if origin is None:
            raise Incomplete(f"{topic} doesn't exist: what the log lacks can't be had from it.")
        await self._pool.execute(sql.EMPTY)
        expected = dict(await self._pool.fetch(sql.NEXT))
        highest = dict.fromkeys(expected, 0)
        async with TopicReader(self._bootstrap, topic) as reader:
            first, last = await reader.beginnings(), await reader.ends()
            known = {partition: acked + 1 for partition, acked in await self._pool.fetch(sql.KNOWN, origin)}
            since = {partition: max(first[partition], known.get(partition, 0)) for partition in last}
            total, done = sum(last[partition] - since[partition] for partition in last), 0
            async for page in reader.records(since, last):
                await self._keep(_taken(page, expected, highest))
                done += len(page)
                yield done, total
        _must_be_whole(topic, expected, highest)

    async def _keep(self, taken: list[tuple[Any, ...]]) -> None:
        if taken:
            await self._pool.execute(sql.KEEP, *zip(*taken, strict=True))

    async def put_back(self) -> Recovered:
        """Put what was collected into the log, in one transaction, and fence every relay that might still run."""
        async with self._pool.acquire() as connection, connection.transaction():
            for statement in sql.ALONE:
                await connection.execute(statement)
            events, streams, newest = await connection.fetchrow(sql.COUNT)
            aside = await connection.fetchval(sql.SET_ASIDE)
            await connection.execute(sql.HEADS_BACK)
            await connection.execute(sql.ADVANCE_SEQUENCE)
            moved = await connection.fetchval(sql.MOVE_UNPUBLISHED)
            try:
                for statement in sql.PUT_BACK:
                    await connection.execute(statement)
            except asyncpg.UniqueViolationError as error:
                raise Incomplete(
                    f"The log has published other events under numbers that the topic has too ({error.detail}):"
                    " begin again from the restored state, before any relay led on it."
                ) from error
        return Recovered(events, streams, newest.isoformat() if newest else None, moved, aside)


def _taken(page: list[RawRecord], expected: dict[int, int], highest: dict[int, int]) -> list[tuple[Any, ...]]:
    """Return the rows of those records whose numbers come next, as a consumer would take them."""
    rows = []
    for record in page:
        number = partition_sequence(record)
        highest[record.partition] = max(highest[record.partition], number)
        if number == expected[record.partition]:
            expected[record.partition] += 1
            rows.append(_row(record, number))
    return rows


def _row(record: RawRecord, number: int) -> tuple[Any, ...]:
    headers = {name: (value or b"").decode() for name, value in record.headers}
    name = EventName.parse(headers["ce_type"].split(".", 2)[2])
    meta = {known: headers[header] for known, header in META_HEADERS if header in headers}
    return (
        record.partition,
        number,
        int(headers["ce_position"]),
        headers["ce_stream"],
        int(headers["ce_sequence"]),
        name.type,
        name.version,
        headers["ce_subject"],
        (record.value or b"").decode(),
        msgspec.json.encode(meta).decode(),
        headers["ce_time"],
        headers["ce_recordedtime"],
    )


def _must_be_whole(topic: str, expected: Mapping[int, int], highest: Mapping[int, int]) -> None:
    for partition, number in sorted(expected.items()):
        if highest[partition] >= number:
            raise Incomplete(
                f"{topic} lacks number {number} of partition {partition}, and so does the log, but {highest[partition]}"
                " is there: restore a newer state of the database, or of the topic."
            )
