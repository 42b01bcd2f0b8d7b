"""Records on the services' topics: Invalid, None for types that nobody reads, or an event written as it is read."""

from collections.abc import Callable
from datetime import UTC

from msgspec import structs

from rapport.services import SERVICES, load
from shared.consumers.wiring import wire_up
from shared.errors import Invalid
from shared.events import Catalogue
from shared.policies.policy import RawRecord
from shared.settings import KernelSettings
from shared.store.contract import Recorded
from shared.wire import decoder, partition_sequence, raw_record
from tests.fuzzing.records import record

_SETTINGS = KernelSettings(kafka_bootstrap_servers="127.0.0.1:1")
_READ: list[Catalogue] = [
    source.catalogue
    for name in SERVICES
    for wiring in wire_up(load(name), _SETTINGS, None, None)  # type: ignore[arg-type] # nothing is handled
    for source in wiring.sources
    if source.catalogue
]
READERS = [*(load(name).publishes for name in SERVICES), *_READ]
"""Everything by which a topic is read: what each service publishes, and what each consumer knows of it."""

_DECODERS = [decoder(catalogue) for catalogue in READERS]


def one(data: bytes) -> None:
    """Let each reader read `data` as a record of its topic."""
    read = record(data)
    try:
        number = partition_sequence(read)
    except Invalid:
        number = None
    assert number is None or 0 <= number < 2**63
    for decode in _DECODERS:
        try:
            recorded = decode(read)
        except Invalid:
            continue
        if recorded is not None:
            _is_sound(recorded, read, decode)


def _is_sound(recorded: Recorded, read: RawRecord, decode: Callable[[RawRecord], Recorded | None]) -> None:
    """What is read can be stored, and what is written of it is read as the same."""
    assert 0 <= recorded.version < 2**31
    assert 0 <= recorded.position < 2**63
    assert "\x00" not in recorded.stream + recorded.subject + "".join(recorded.meta.values())
    for moment in (recorded.occurred_at, recorded.recorded_at):
        assert moment.tzinfo, "a time without a zone can't be compared"
        moment.astimezone(UTC)
    written = structs.replace(raw_record(recorded), topic=read.topic, offset=read.offset)
    assert decode(written) == recorded
