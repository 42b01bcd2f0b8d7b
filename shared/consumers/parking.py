"""Parking: a message that can't be handled waits under its key, with its raw bytes and the reason."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg
import msgspec

from shared.consumers.handler import Item, Parked
from shared.errors import Invalid, Rejected
from shared.policies.policy import RawRecord, Source
from shared.privacy.sealed_record import SealedRecord, seal_records
from shared.privacy.vault import Vault

# FOR SHARE: a retry that is under way holds the key's row, and a message that comes meanwhile waits for its end.
BLOCKED = """
SELECT p.handler, p.key FROM parked_key p
JOIN unnest($1::text[], $2::text[]) AS asked(handler, key) ON asked.handler = p.handler AND asked.key = p.key
FOR SHARE OF p
"""
ANY_KEY = "SELECT EXISTS (SELECT FROM parked_key WHERE handler = ANY($1::text[]))"

PARK_KEYS = """
INSERT INTO parked_key (handler, key, since)
SELECT DISTINCT handler, key, $3::timestamptz FROM unnest($1::text[], $2::text[]) AS n(handler, key)
ORDER BY handler, key ON CONFLICT DO NOTHING
"""
PARK = """
INSERT INTO parked (handler, key, topic, partition, kafka_offset, record_key, headers, value, reason, sealed_for,
                    parked_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::bigint[], $6::bytea[], $7::jsonb[],
                     $8::bytea[], $9::text[], $10::text[]), (SELECT $11::timestamptz) AS now
"""


async def blocked_keys(
    connection: asyncpg.Connection, keys: Iterable[tuple[str, str]], handlers: Sequence[str]
) -> Mapping[str, frozenset[str]]:
    """Return, for each handler, which of the (handler, key) pairs have parked messages before them."""
    blocked: dict[str, set[str]] = defaultdict(set)
    if await connection.fetchval(ANY_KEY, handlers):
        pairs = list(dict.fromkeys(keys))
        rows = await connection.fetch(BLOCKED, [pair[0] for pair in pairs], [pair[1] for pair in pairs])
        for handler, key in rows:
            blocked[handler].add(key)
    return {handler: frozenset(blocked[handler]) for handler in handlers}


async def park(
    connection: asyncpg.Connection,
    parked: Sequence[Parked],
    now: datetime,
    sealed: Mapping[int, SealedRecord] | None = None,
) -> None:
    """Store the messages, each behind those already parked under its key, in the open transaction.

    `sealed` holds, by place in `parked`, what is stored instead of records that came in clear.
    """
    if parked:
        rows = [_row(item, (sealed or {}).get(place)) for place, item in enumerate(parked)]
        await connection.execute(PARK_KEYS, [row[0] for row in rows], [row[1] for row in rows], now)
        await connection.execute(PARK, *zip(*rows, strict=True), now)


async def seal_parked(
    vault: Vault | None, parked: Sequence[Parked], sources: Mapping[str, Source[object]]
) -> Mapping[int, SealedRecord]:
    """Return, by place in `parked`, the messages of topics that hold texts in clear, sealed."""
    outside = [place for place, item in enumerate(parked) if not sources[item.item.record.topic].sequenced]
    if vault is None or not outside:
        return {}
    records = [(parked[place].item.record, _concerns(parked[place].item, sources)) for place in outside]
    return dict(zip(outside, await seal_records(vault, records), strict=True))


def _concerns(item: Item, sources: Mapping[str, Source[object]]) -> str | None:
    return None if item.message is None else sources[item.record.topic].concerns(item.message)


def _row(parked: Parked, sealed: SealedRecord | None) -> tuple[object, ...]:
    record = parked.item.record
    place = (parked.handler, parked.key, record.topic, record.partition, record.offset)
    if sealed:
        reason = reason_of(parked.error, quoting=False) if parked.error else None
        return (*place, None, pack_headers(()), sealed.sealed, reason, sealed.subject)
    reason = reason_of(parked.error) if parked.error else None
    return (*place, record.key, pack_headers(record.headers), record.value, reason, None)


def reason_of(error: Exception, *, quoting: bool = True) -> str:
    """Return the sentence that tells an operator why; a domain's own words where it has some.

    Without `quoting`, nothing of what a library says, which may repeat the message.
    """
    match error:
        case Invalid():
            return "; ".join(f"{field}: {message}" for field, message in error.problems)
        case Rejected():
            return f"{error.code}: {error.detail}"
        case _:
            return f"{type(error).__name__}: {error}" if quoting else type(error).__name__


def pack_headers(headers: Sequence[tuple[str, bytes | None]]) -> str:
    """Return headers as JSON that keeps any bytes, and none: a list of [name, base64 or null]."""
    return msgspec.json.encode([(name.encode(), value) for name, value in headers]).decode()


def unpack_headers(packed: str) -> list[tuple[str, bytes | None]]:
    """Return what `pack_headers` packed."""
    pairs = msgspec.json.decode(packed, type=list[tuple[bytes, bytes | None]])
    return [(name.decode(), value) for name, value in pairs]


def record_of(row: Mapping[str, object]) -> RawRecord:
    """Return the record of a row of `parked`, as it came from Kafka."""
    fields = (row["topic"], row["partition"], row["kafka_offset"], row["record_key"])
    return RawRecord(*fields, headers=unpack_headers(str(row["headers"])), value=row["value"])  # type: ignore[arg-type] # asyncpg's rows are untyped
