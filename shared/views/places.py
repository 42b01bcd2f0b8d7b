"""How far a view's consumer has come, and which messages a view must leave out because an operator holds them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from shared.consumers.parking import unpack_headers
from shared.consumers.position import Place
from shared.service import Service
from shared.store.contract import PARTITIONS
from shared.store.postgres import Database

PLACES = "SELECT topic, partition, next_offset, next_seq FROM consumer_position WHERE consumer = $1"

MAKE_PLACES = """
INSERT INTO consumer_position (consumer, topic, partition)
SELECT $1, topic, partition FROM unnest($2::text[]) AS topic, generate_series(0, $3 - 1) AS partition
ORDER BY topic, partition ON CONFLICT DO NOTHING
"""

# In the order in which a batch takes them.
LOCK_PLACES = f"{PLACES} ORDER BY topic, partition FOR UPDATE"

HELD = """
SELECT topic, partition, headers FROM parked
WHERE handler = $1 OR (handler = $2 AND discarded_at IS NOT NULL)
"""


class At(NamedTuple):
    """A place in a partition: the offset and the number that come next."""

    next_offset: int = 0
    next_seq: int = 1


BEGINNING = At()

Places = Mapping[Place, At]
LeftOut = Mapping[Place, frozenset[int]]
"""Numbers of messages, by topic and partition."""


async def read_places(database: Database, service: Service) -> dict[Place, At]:
    """Return where the consumer of the service's views stands."""
    return _places(await database.fetch(PLACES, service.views_consumer))


async def lock_places(connection: Database, service: Service, topics: Sequence[str]) -> dict[Place, At]:
    """Hold every place of the consumer, those that nobody has taken yet included, until the transaction ends."""
    await connection.execute(MAKE_PLACES, service.views_consumer, list(topics), PARTITIONS)
    return _places(await connection.fetch(LOCK_PLACES, service.views_consumer))


def _places(rows: Sequence[Any]) -> dict[Place, At]:
    return {(row[0], row[1]): At(row[2], row[3]) for row in rows}


async def read_left_out(database: Database, service: Service, view: str) -> dict[Place, frozenset[int]]:
    """Return the messages that the view's rows don't hold, and shall not.

    They were discarded, or wait under the consumer's own name, for all of its
    views together. What waits under the view's name is not among them: a
    fold tries it again.
    """
    found: dict[Place, set[int]] = defaultdict(set)
    for topic, partition, headers in await database.fetch(HELD, service.views_consumer, view):
        number = number_of(headers)
        if number is not None:
            found[topic, partition].add(number)
    return {place: frozenset(numbers) for place, numbers in found.items()}


def number_of(headers: str) -> int | None:
    """Return the number in the packed headers of a parked message; None where it has none."""
    value = dict(unpack_headers(headers)).get("ce_partitionseq") or b""
    return int(value) if value.isdigit() else None


def below(left_out: LeftOut, places: Places) -> set[tuple[Place, int]]:
    """Return the messages of `left_out` that come before `places`."""
    return {
        (place, number)
        for place, numbers in left_out.items()
        for number in numbers
        if number < places.get(place, BEGINNING).next_seq
    }


def pack_places(places: Places) -> str:
    """Return places as JSON."""
    return msgspec.json.encode([(*place, *at) for place, at in places.items()]).decode()


def unpack_places(packed: str) -> dict[Place, At]:
    """Return what `pack_places` packed."""
    rows = msgspec.json.decode(packed, type=list[tuple[str, int, int, int]])
    return {(row[0], row[1]): At(row[2], row[3]) for row in rows}


def pack_left_out(left_out: LeftOut) -> str:
    """Return left-out messages as JSON."""
    return msgspec.json.encode([(*place, sorted(numbers)) for place, numbers in left_out.items()]).decode()


def unpack_left_out(packed: str) -> dict[Place, frozenset[int]]:
    """Return what `pack_left_out` packed."""
    rows = msgspec.json.decode(packed, type=list[tuple[str, int, frozenset[int]]])
    return {(row[0], row[1]): row[2] for row in rows}
