"""What goes out by the relay comes back the same; old versions are lifted for ever."""

from datetime import UTC, datetime

import msgspec
import pytest
from jsonschema import Draft202012Validator
from msgspec import Struct

from shared.errors import Invalid
from shared.events import Catalogue, EventName, merged
from shared.policies.policy import RawRecord
from shared.schemas.cloudevents import event_headers
from shared.store.contract import Recorded
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import CONTEXT, PUBLISHED, Raised, raised
from shared.wire import decoder, partition_sequence, raw_record

from .conftest import Topic


async def test_an_event_comes_back_from_the_wire_as_it_is_in_the_log(
    postgres_store: PostgresEventStore, topic: Topic
) -> None:
    context = msgspec.structs.replace(CONTEXT, causation="a@1", correlation="c", traceparent="00-t-s-01")
    from shared.store.contract import Append

    await postgres_store.append(Append("a", 0, "anna", [Raised(7)], context))
    (record,) = await topic.publish()
    (stored,) = await postgres_store.read("a")
    received = decoder(PUBLISHED)(record)
    assert received is not None
    known = {name: value for name, value in stored.meta.items() if name != "actor"}
    assert received == msgspec.structs.replace(stored, data=received.data, meta=known, number=1)
    assert msgspec.json.decode(received.data) == msgspec.json.decode(stored.data)
    headers = dict(record.headers)
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_id"] == b"a@1"
    assert headers["ce_type"] == b"rapport.sample.raised.v1"
    assert headers["ce_partitionseq"] == b"1"
    assert record.key == b"anna"


async def test_what_the_relay_sends_has_the_headers_that_are_documented(
    postgres_store: PostgresEventStore, topic: Topic
) -> None:
    await postgres_store.append(raised("a", 7))
    (record,) = await topic.publish()
    sent = {name: (value or b"").decode() for name, value in record.headers}
    schema = event_headers("sample", "raised.v1")
    assert list(Draft202012Validator(schema).iter_errors(sent)) == []
    assert sent.keys() >= set(schema["required"])
    assert list(Draft202012Validator(event_headers("sample", "lowered.v1")).iter_errors(sent))


async def test_the_order_of_the_headers_means_nothing(postgres_store: PostgresEventStore, topic: Topic) -> None:
    context = msgspec.structs.replace(CONTEXT, causation="a@1", correlation="c")
    from shared.store.contract import Append

    await postgres_store.append(Append("a", 0, "anna", [Raised(7)], context))
    (record,) = await topic.publish()
    read, number = decoder(PUBLISHED)(record), partition_sequence(record)
    headers = list(record.headers)
    for turned in (headers[::-1], sorted(headers, key=str), headers[3:] + headers[:3]):
        other = msgspec.structs.replace(record, headers=turned)
        assert (decoder(PUBLISHED)(other), partition_sequence(other)) == (read, number)


def test_a_record_without_its_number_is_refused() -> None:
    with pytest.raises(Invalid, match="ce_partitionseq"):
        partition_sequence(RawRecord("t", 0, 0, None, [], b"{}"))


@pytest.mark.parametrize("number", [None, b"", b"-1", b"x", b"9" * 19])
def test_a_number_that_no_relay_gives_is_refused(number: bytes | None) -> None:
    with pytest.raises(Invalid, match="ce_partitionseq"):
        partition_sequence(RawRecord("t", 0, 0, None, [("ce_partitionseq", number)], b"{}"))


def test_an_event_of_the_first_thousand_years_is_written_as_it_is_read() -> None:
    early = datetime(340, 1, 5, 9, 30, tzinfo=UTC)
    event = Recorded("sample", "a", 1, 1, 3, "a", "raised", 1, Raised(5), b'{"by":5}', early, early, {}, 1)
    assert decoder(PUBLISHED)(raw_record(event)) == event


SENT = {
    "ce_type": b"rapport.sample.raised.v1",
    "ce_stream": b"a",
    "ce_sequence": b"1",
    "ce_position": b"1",
    "ce_partitionseq": b"1",
    "ce_subject": b"a",
    "ce_time": b"2026-01-05T09:30:00Z",
    "ce_recordedtime": b"2026-01-05T09:30:00Z",
}


@pytest.mark.parametrize(
    "wrong",
    [
        *({name: None} for name in SENT),
        {"ce_type": b"another.sample.raised.v1"},
        {"ce_sequence": b"9999999999"},
        {"ce_position": b"9" * 19},
        {"ce_stream": b"a\0b"},
        {"ce_subject": b"\xff"},
        {"ce_time": b"2026-01-05T09:30:00"},
        {"ce_recordedtime": b"0001-01-01T00:00:00+14:00"},
        {"traceparent": b"\0"},
    ],
    ids=str,
)
def test_headers_that_could_not_be_stored_are_refused(wrong: dict[str, bytes | None]) -> None:
    read = decoder(PUBLISHED)
    assert read(RawRecord("t", 0, 0, None, list(SENT.items()), b'{"by": 5}'))
    with pytest.raises(Invalid, match="not an event of sample"):
        read(RawRecord("t", 0, 0, None, list({**SENT, **wrong}.items()), b'{"by": 5}'))


class Renamed(Struct, frozen=True):
    amount: int
    unit: str


LIFTED = Catalogue(
    "sample",
    {"raised.v3": Renamed},
    {
        "raised.v1": lambda old: {"amount": old["by"]},
        "raised.v2": lambda old: {**old, "unit": "points"},
    },
)


@pytest.mark.parametrize(
    ("version", "data"), [(1, b'{"by": 5}'), (2, b'{"amount": 5}'), (3, b'{"amount": 5, "unit": "points"}')]
)
def test_every_version_ever_written_decodes_to_the_newest(version: int, data: bytes) -> None:
    assert LIFTED.decode("raised", version, data) == Renamed(5, "points")


def test_a_version_newer_than_the_program_is_refused_with_what_to_do() -> None:
    with pytest.raises(LookupError, match="upgrade"):
        LIFTED.decode("raised", 4, b"{}")


@pytest.mark.parametrize("name", ["raised", "raised.v", ".v1", "raised.vx"])
def test_an_event_name_has_one_form(name: str) -> None:
    with pytest.raises(ValueError, match="form"):
        EventName.parse(name)


def test_a_catalogue_of_everything_reads_types_that_it_does_not_know() -> None:
    everything = merged([PUBLISHED, Catalogue.everything("sample")])
    assert everything.knows("unheard-of")
    assert everything.decode("unheard-of", 1, b"{}") is None
    assert everything.decode("raised", 1, b'{"by": 5}') == Raised(5)
    assert not PUBLISHED.knows("unheard-of")


def test_one_struct_may_read_several_types() -> None:
    both = Catalogue("sample", {"raised.v1": Raised, "lowered.v1": Raised})
    assert both.decode("raised", 1, b'{"by": 1}') == both.decode("lowered", 1, b'{"by": 1}') == Raised(1)
