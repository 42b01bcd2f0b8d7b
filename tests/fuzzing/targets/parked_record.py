"""Records that are kept aside, in clear or sealed: whatever bytes came, an operator sees the same bytes again."""

import asyncio

from shared.consumers.parking import pack_headers, unpack_headers
from shared.privacy.sealed_record import open_record, seal_records
from shared.testing.privacy import memory_vault
from tests.fuzzing.records import record

_VAULT = memory_vault()
_LOOP = asyncio.new_event_loop()


def one(data: bytes) -> None:
    """Keep `data` as a record, and look at it again."""
    kept = record(data)
    assert unpack_headers(pack_headers(kept.headers)) == list(kept.headers)
    (sealed,) = _LOOP.run_until_complete(seal_records(_VAULT, [(kept, "someone")]))
    row = {
        "topic": kept.topic,
        "partition": kept.partition,
        "kafka_offset": kept.offset,
        "sealed_for": sealed.subject,
        "value": sealed.sealed,
    }
    opened = _LOOP.run_until_complete(open_record(_VAULT, row))
    assert opened is not None
    assert (list(opened.headers), opened.value) == (list(kept.headers), kept.value)
