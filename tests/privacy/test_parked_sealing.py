"""What is parked from outside is sealed: under whom it concerns, or a key of its own that goes with it."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.consumers.batch import Batch
from shared.consumers.parking import pack_headers, unpack_headers
from shared.consumers.parking_lot import ParkingLot
from shared.consumers.position import Positions
from shared.consumers.wiring import Wiring
from shared.errors import Invalid
from shared.migrations import migrate
from shared.policies.handler import PolicyHandler
from shared.policies.policy import Policy, RawRecord, Source, Work
from shared.privacy.key_store import InMemoryKeyStore
from shared.privacy.personal import ERASED
from shared.privacy.sealed_record import open_record, seal_records
from shared.privacy.vault import Vault
from shared.runtime.pool import connect
from shared.store.postgres import PostgresEventStore
from shared.testing import sample
from shared.testing.privacy import memory_vault

TOPIC = "letters"
WORDS = b"Anna lives in Mill Lane"


def decode(record: RawRecord) -> str:
    text = (record.value or b"").decode()
    if not text.startswith("letter:"):
        raise Invalid([("letter", "must begin with letter:")])
    return text


def react(work: Work, message: str) -> None:
    if work.now != sample.NOW.replace(year=2030):
        raise ValueError(f"can't take {message}")


POLICY: Policy[Any] = Policy(
    name="letters",
    source=Source(TOPIC, decode, sequenced=False, concerns=lambda text: text.split(":")[1]),
    key=lambda text: "key-" + text.split(":")[1],
    needs=lambda _: (),
    react=react,
)


@pytest.fixture
def keys() -> InMemoryKeyStore:
    return InMemoryKeyStore()


@pytest.fixture
async def pool(database: str, tmp_path: Path) -> AsyncIterator[asyncpg.Pool]:
    await migrate(sample.service(tmp_path), database)
    pool = await connect(database, size=8)
    yield pool
    await pool.close()


class Letters:
    """The consumer of letters, with its parking lot."""

    def __init__(self, pool: asyncpg.Pool, keys: InMemoryKeyStore) -> None:
        self.vault: Vault = memory_vault(keys)
        self.pool = pool
        self.year = 2026
        store = PostgresEventStore(pool, sample.PUBLISHED, vault=self.vault)
        handler = PolicyHandler(POLICY, store, lambda: sample.NOW.replace(year=self.year))
        self.lot = ParkingLot(
            pool, [Wiring("letters", [handler], [POLICY.source])], lambda: sample.NOW, memory_vault(keys)
        )
        self._handlers = [handler]

    async def take(self, *values: bytes) -> list[Mapping[str, Any]]:
        """Take messages in, and return what is parked as the database has it."""
        places = dict(await Positions("letters").take(self.pool, [(TOPIC, 0)]))
        batch = Batch(
            "letters",
            self.pool,
            self._handlers,
            {TOPIC: POLICY.source},
            lambda: sample.NOW,
            lambda: None,
            self.vault,
        )
        start = places[TOPIC, 0].next_offset
        headers = (("ce_id", b"7"), ("note", WORDS))
        records = [RawRecord(TOPIC, 0, start + place, WORDS, headers, value) for place, value in enumerate(values)]
        await batch.take(records, places)
        return [dict(row) for row in await self.pool.fetch("SELECT * FROM parked ORDER BY kafka_offset")]


@pytest.fixture
def letters(pool: asyncpg.Pool, keys: InMemoryKeyStore) -> Letters:
    return Letters(pool, keys)


async def test_nothing_of_a_parked_message_stands_in_clear(letters: Letters) -> None:
    rows = await letters.take(b"letter:anna:" + WORDS, WORDS)
    assert len(rows) == 2
    assert WORDS not in repr(rows).encode()
    assert rows[0]["sealed_for"] == "anna"
    assert rows[1]["sealed_for"].startswith("parked-")
    assert rows[0]["reason"] == "ValueError"


async def test_an_operator_sees_it_whole(letters: Letters) -> None:
    first, second = await letters.take(b"letter:anna:" + WORDS, WORDS)
    shown = await letters.lot.show(first["id"])
    assert (shown["value"], shown["record_key"]) == (b"letter:anna:" + WORDS, WORDS)
    assert (await letters.lot.show(second["id"]))["value"] == WORDS


def test_a_header_without_a_value_is_kept_as_one() -> None:
    headers = [("note", None), ("empty", b"")]
    assert unpack_headers(pack_headers(headers)) == headers


async def test_a_sealed_header_without_a_value_is_kept_as_one() -> None:
    vault = memory_vault()
    record = RawRecord(TOPIC, 0, 7, None, [("note", None)], WORDS)
    (sealed,) = await seal_records(vault, [(record, "anna")])
    place = {"topic": TOPIC, "partition": 0, "kafka_offset": 7}
    assert await open_record(vault, {**place, "sealed_for": sealed.subject, "value": sealed.sealed}) == record


async def test_a_retry_takes_it_as_it_came(letters: Letters, keys: InMemoryKeyStore) -> None:
    await letters.take(b"letter:anna:" + WORDS, WORDS)
    letters.year = 2030
    assert (await letters.lot.retry("letters", "key-anna")).handled == 1
    assert await letters.pool.fetchval("SELECT count(*) FROM parked") == 1


async def test_discarding_destroys_a_key_of_its_own_and_no_other(letters: Letters, keys: InMemoryKeyStore) -> None:
    first, second = await letters.take(b"letter:anna:" + WORDS, WORDS)
    for row in (first, second):
        await letters.lot.discard(row["id"], "someone")
    assert (await keys.find([first["sealed_for"], second["sealed_for"]])).keys() == {"anna"}
    assert (await letters.lot.show(second["id"]))["value"] == ERASED.encode()


async def test_erasing_whom_it_concerns_makes_it_unreadable(letters: Letters, keys: InMemoryKeyStore) -> None:
    (row,) = await letters.take(b"letter:anna:" + WORDS)
    await letters.vault.destroy(["anna"])
    lot = Letters(letters.pool, keys).lot
    shown = await lot.show(row["id"])
    assert (shown["value"], shown["record_key"]) == (ERASED.encode(), None)
    retried = await lot.retry("letters", "key-anna")
    assert retried.handled == 0
    assert retried.reason is not None
    assert "discard" in retried.reason


async def test_of_a_message_about_someone_erased_only_its_place_and_the_reason_are_kept(letters: Letters) -> None:
    await letters.vault.destroy(["anna"])
    (row,) = await letters.take(b"letter:anna:" + WORDS)
    assert row["value"] is None
    assert (row["topic"], row["partition"], row["sealed_for"]) == (TOPIC, 0, "anna")


async def test_a_refusal_is_still_told_in_the_domains_own_words(letters: Letters) -> None:
    (row,) = await letters.take(b"no letter")
    assert row["reason"] == "letter: must begin with letter:"
