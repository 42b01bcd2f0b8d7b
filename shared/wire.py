"""CloudEvents 1.0 in Kafka's binary mode: how one event looks on the wire, and how it is read back."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from shared.errors import Invalid
from shared.events import Catalogue, EventName
from shared.policies.policy import RawRecord, Source
from shared.service import topic_of
from shared.store.contract import Recorded

Headers = list[tuple[str, bytes]]

_CONTENT_TYPE = ("content-type", b"application/json")
_SPECVERSION = ("ce_specversion", b"1.0")

DIGITS = 18
"""Of a number in a partition, which is 64 bits in the database."""

META_HEADERS = (("correlation", "ce_correlationid"), ("causation", "ce_causationid"), ("traceparent", "traceparent"))
_META = {header: name for name, header in META_HEADERS}

_ALWAYS = 13
"""Headers that each of our records has, in the order of `Wire.record`; those that only some have come after them."""

_TYPE_AT, _NUMBER_AT = 2, 11
_READ = (
    *("ce_subject", "ce_time", "ce_recordedtime"),
    *("ce_stream", "ce_sequence", "ce_position", "ce_partitionseq"),
)

TYPES = 1000
"""Names of types that a reader keeps what it knows of; more are only met where something is wrong."""

WIRE_COLUMNS = """
    e.partition, convert_to(e.subject, 'UTF8'), convert_to(e.data::text, 'UTF8'), e.type, e.schema_version,
    convert_to(e.stream_id, 'UTF8'), e.version, e.position,
    convert_to(to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'UTF8'),
    convert_to(to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'UTF8'),
    extract(epoch FROM e.recorded_at)::float8, CASE WHEN e.meta <> '{}' THEN e.meta::text END
"""
"""What `Wire.record` needs of an event `e`, already in bytes: the database's text is the wire's text."""


class Wire:
    """Turns a service's stored rows into records for Kafka: (key, value, timestamp in ms, headers)."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._source = ("ce_source", f"/rapport/{service}".encode())
        self._types: dict[tuple[str, int], tuple[str, bytes]] = {}

    def record(self, seq: int, row: Sequence[Any]) -> tuple[bytes, bytes, int, Headers]:
        """Return the record of the event in `row` (WIRE_COLUMNS), whose number in its partition is `seq`."""
        _, subject, value, type_, schema, stream, version, position, occurred, recorded, epoch, meta = row
        number = b"%d" % version
        headers: Headers = [
            _CONTENT_TYPE,
            _SPECVERSION,
            self._types.get((type_, schema)) or self._type_header(type_, schema),
            self._source,
            ("ce_subject", subject),
            ("ce_id", b"%b@%b" % (stream, number)),
            ("ce_time", occurred),
            ("ce_recordedtime", recorded),
            ("ce_stream", stream),
            ("ce_sequence", number),
            ("ce_position", b"%d" % position),
            ("ce_partitionseq", b"%d" % seq),
            ("ce_partitionkey", subject),
        ]
        if meta:
            known = msgspec.json.decode(meta)
            headers += [(header, known[name].encode()) for name, header in META_HEADERS if name in known]
        return subject, value, int(epoch * 1000), headers

    def _type_header(self, type_: str, schema: int) -> tuple[str, bytes]:
        header = ("ce_type", f"rapport.{self._service}.{type_}.v{schema}".encode())
        self._types[type_, schema] = header
        return header


def raw_record(event: Recorded) -> RawRecord:
    """Return the record that stands for an event which was read by number, at no offset (-1)."""
    row = (
        event.partition,
        event.subject.encode(),
        event.data.encode() if isinstance(event.data, str) else event.data,
        event.type,
        event.schema_version,
        event.stream.encode(),
        event.version,
        event.position,
        _iso(event.occurred_at),
        _iso(event.recorded_at),
        event.recorded_at.timestamp(),
        msgspec.json.encode(event.meta) if event.meta else None,
    )
    key, value, _, headers = Wire(event.service).record(event.number or 0, row)
    return RawRecord(topic_of(event.service), event.partition, -1, key, headers, value)


def _iso(moment: datetime) -> bytes:
    # strftime would write the year 340 with three digits, which nobody reads.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds").encode() + b"Z"


def partition_sequence(record: RawRecord) -> int:
    """Return the gap-free number that the relay gave; Invalid when the record carries none."""
    value = _attribute(record.headers, _NUMBER_AT, "ce_partitionseq")
    if value is not None and value.isdigit() and len(value) <= DIGITS:
        return int(value)
    raise Invalid([("ce_partitionseq", "a record on this topic must carry its number in the partition")])


def event_source(catalogue: Catalogue) -> Source[Recorded]:
    """Return the source of a service's own topic, read by what `catalogue` knows of it."""
    return Source(topic_of(catalogue.service), decoder(catalogue), sequenced=True, catalogue=catalogue)


def decoder(catalogue: Catalogue) -> Callable[[RawRecord], Recorded | None]:
    """Return the function that reads a record; it answers None for event types that the catalogue lacks."""
    service = catalogue.service
    prefix = f"rapport.{service}."

    @lru_cache(TYPES)
    def known(type_: bytes) -> tuple[str, int, Callable[[bytes], Any]] | None:
        name = EventName.parse(_without(prefix, type_.decode()))
        return (name.type, name.version, catalogue.decoder(*name)) if catalogue.knows(name.type) else None

    def decode(record: RawRecord) -> Recorded | None:
        try:
            found = known(_attribute(record.headers, _TYPE_AT, "ce_type") or b"")
            if found is None:
                return None
            name, schema, read = found
            subject, occurred, recorded, stream, version, position, number, others = _attributes(record.headers)
            version, position, number = _whole(version, position, number)
            value = record.value or b""
            # Made here and not in a function: this is done for every event that a consumer takes.
            return Recorded(
                service, _text(stream), version, position, record.partition, _text(subject), name, schema,
                read(value), value, _moment(occurred), _moment(recorded),
                {_META[header]: _text(text) for header, text in others if header in _META}, number,
            )  # fmt: skip
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise Invalid([("record", f"not an event of {service}: {error!r}")]) from error

    return decode


def _without(prefix: str, text: str) -> str:
    if not text.startswith(prefix):
        raise ValueError(f"its type doesn't begin with {prefix}")
    return text.removeprefix(prefix)


# A relay writes the headers in one order, and taking them by place costs a third of looking each up by its name.


def _attribute(headers: Sequence[tuple[str, bytes | None]], place: int, name: str) -> bytes | None:
    """Return the value of one header, which stands at `place` where a relay wrote it; None where it is missing."""
    if len(headers) > place and headers[place][0] == name:
        return headers[place][1]
    return dict(headers).get(name)


def _attributes(headers: Sequence[tuple[str, bytes | None]]) -> tuple[Any, ...]:
    """Return the values of _READ, and the headers among which those are that only some records have."""
    if len(headers) >= _ALWAYS:
        (
            _, _, _, _, (is_subject, subject), _, (is_time, time), (is_recorded, recorded),
            (is_stream, stream), (is_sequence, sequence), (is_position, position), (is_number, number), _,
        ) = headers[:_ALWAYS]  # fmt: skip
        if (is_subject, is_time, is_recorded, is_stream, is_sequence, is_position, is_number) == _READ:
            return subject, time, recorded, stream, sequence, position, number, headers[_ALWAYS:]
    by_name = dict(headers)
    return (*(by_name[name] for name in _READ), headers)


# What PostgreSQL couldn't keep is refused here, where it still is one record, and says what is wrong.


def _whole(version: bytes, position: bytes, number: bytes) -> tuple[int, int, int]:
    if not (version + position + number).isdigit():
        raise ValueError("a number is written in digits")
    numbers = int(version), int(position), int(number)
    if numbers[0] >> 31 or (numbers[1] | numbers[2]) >> 63:
        raise ValueError("a version has at most 31 bits, other numbers 63")
    return numbers


def _text(value: bytes) -> str:
    if b"\0" in value:
        raise ValueError("a header must not hold the NUL character")
    return value.decode()


def _moment(value: bytes) -> datetime:
    found = datetime.fromisoformat(value.decode())
    if found.tzinfo is None:
        raise ValueError("a time must have a zone")
    return found if found.tzinfo is UTC else found.astimezone(UTC)
