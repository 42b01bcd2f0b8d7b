"""An erasure goes on from wherever it broke off, takes effect once, and leaves nothing half done."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.contact.adapters.erasing import Erasing
from services.contact.adapters.erasures import Erasures, Step
from services.contact.contracts.touchpoint import decode
from services.contact.domain.customer import CUSTOMER, RegisterCustomer
from services.contact.domain.erasure import Erasure, RequestErasure
from services.contact.domain.identifiers import keyed_hash
from services.contact.domain.identity import IDENTITY, ClaimIdentifier
from services.contact.policies.touchpoints import Touchpoints
from services.contact.service import SERVICE
from shared.handle import Handler
from shared.migrations import migrate
from shared.policies.policy import RawRecord
from shared.policies.work import WorkingSet
from shared.privacy.key_store import InMemoryKeyStore
from shared.privacy.sealed_record import seal_records
from shared.privacy.vault import Vault
from shared.runtime.pool import connect
from shared.store.contract import Context
from shared.store.partition import partition_of
from shared.store.postgres import PostgresEventStore
from shared.testing.privacy import memory_vault

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
CONTEXT = Context(NOW, NOW)
HASHED = keyed_hash("a secret for tests")
PARK = """
INSERT INTO parked (handler, key, topic, partition, kafka_offset, headers, value, sealed_for, parked_at)
VALUES ('touchpoints', $1, 't', 0, 0, '[]', $2, $3, now())
"""


class Broken(Exception):
    """The process ended here."""


class Contact:
    """Contact's database and keys, without Kafka."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.keys = InMemoryKeyStore()
        self.vault: Vault = memory_vault(self.keys)
        self.store = PostgresEventStore(pool, SERVICE.publishes, vault=self.vault)
        self.handler = Handler(self.store)
        self.now = NOW

    def erasing(self) -> Erasing:
        return Erasing(self.pool, self.store, "nowhere", {}, lambda: self.now)

    async def known(self, *names: str) -> UUID:
        """Register a customer with identifiers, a key, and a parked message under an identifier's key."""
        customer = uuid4()
        subject = str(customer)
        stream = CUSTOMER.stream(customer)
        await self.handler.handle(
            CUSTOMER, stream, RegisterCustomer(customer, "shop", "web"), subject=subject, context=CONTEXT
        )
        for name in names:
            claim = ClaimIdentifier(customer, "email", HASHED("email", name))
            await self.handler.handle(IDENTITY, identity(name), claim, subject=subject, context=CONTEXT)
        record = RawRecord("t", 0, 0, None, (), b"words")
        for subject_ in (subject, *map(identity, names)):
            (sealed,) = await seal_records(self.vault, [(record, subject_)])
            await self.pool.execute(PARK, subject_, sealed.sealed, subject_)
            await self.pool.execute("INSERT INTO parked_key VALUES ('touchpoints', $1, now())", subject_)
        return customer

    async def ask(self, *members: UUID) -> None:
        await Erasures(self.pool).note(members[0], members, self.now)
        for member in members:
            await self.handler.handle(
                CUSTOMER, CUSTOMER.stream(member), RequestErasure(member), subject=str(member), context=CONTEXT
            )

    async def erasure(self, customer: UUID) -> Erasure:
        return (await self.handler.load(CUSTOMER, CUSTOMER.stream(customer))).state.erasure

    async def owner(self, name: str) -> UUID | None:
        return (await self.handler.load(IDENTITY, identity(name))).state.customer_id

    async def must_be_erased(self, customer: UUID, *names: str) -> None:
        assert await self.erasure(customer) is Erasure.DONE
        assert [await self.owner(name) for name in names] == [None] * len(names)
        kept = await self.keys.find([str(customer), *map(identity, names)])
        assert kept.keys() == {str(customer)}
        assert kept[str(customer)].wrapped is None
        left = "SELECT count(*) FROM parked WHERE sealed_for = ANY($1) AND (value IS NOT NULL OR discarded_at IS NULL)"
        assert await self.pool.fetchval(left, [str(customer), *map(identity, names)]) == 0
        row = await Erasures(self.pool).find(customer)
        assert row is not None
        assert row.step is Step.DONE


def identity(name: str) -> str:
    return f"identity-{HASHED('email', name)}"


@pytest.fixture
async def contact(database: str, tmp_path: Path) -> AsyncIterator[Contact]:
    await migrate(SERVICE, database)
    pool = await connect(database, size=8)
    yield Contact(pool)
    await pool.close()


async def test_an_erasure_destroys_the_keys_and_releases_the_identifiers(contact: Contact) -> None:
    anna, ben = await contact.known("anna", "anna2"), await contact.known("ben")
    await contact.ask(anna)
    told: list[Step] = []
    await contact.erasing().carry_out(anna, lambda _, step: told.append(step))
    await contact.must_be_erased(anna, "anna", "anna2")
    assert told == [Step.IDENTIFIERS, Step.KEYS, Step.PARKED, Step.TOPICS, Step.FACTS]
    assert await contact.owner("ben") == ben
    assert (await contact.keys.find([str(ben)]))[str(ben)].wrapped is not None
    assert await contact.pool.fetchval("SELECT count(*) FROM parked_key") == 2


@pytest.mark.parametrize("step", range(5))
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_broken_off_at_any_step_it_is_finished_by_the_next_try(
    contact: Contact, monkeypatch: pytest.MonkeyPatch, step: int, moment: str
) -> None:
    anna = await contact.known("anna")
    await contact.ask(anna)
    broken = contact.erasing()
    steps = list(broken._steps())
    name, do = steps[step]

    async def breaks(row: Any) -> None:
        if moment == "after":
            await do(row)
        raise Broken

    steps[step] = (name, breaks)
    monkeypatch.setattr(broken, "_steps", lambda: tuple(steps))
    with pytest.raises(Broken):
        await broken.carry_out(anna)
    row = await Erasures(contact.pool).find(anna)
    assert row is not None
    assert (row.step, row.finished_at) == (name, None)
    await contact.erasing().carry_out(anna)
    await contact.must_be_erased(anna, "anna")
    history = await contact.store.read(CUSTOMER.stream(anna))
    assert [event.type for event in history] == ["customer-registered", "erasure-requested", "customer-erased"]


async def test_all_who_are_one_person_are_erased_together(contact: Contact) -> None:
    anna, same = await contact.known("anna"), await contact.known("anna2")
    await contact.ask(anna, same)
    await contact.erasing().carry_out(same)
    await contact.must_be_erased(anna, "anna")
    await contact.must_be_erased(same, "anna2")


async def test_a_note_that_no_request_followed_erases_nobody_and_is_dropped(contact: Contact) -> None:
    anna = await contact.known("anna")
    await Erasures(contact.pool).note(anna, [anna], NOW)
    await contact.erasing().carry_out(anna)
    assert await Erasures(contact.pool).find(anna) is not None
    contact.now += timedelta(minutes=2)
    await contact.erasing().carry_out(anna)
    assert await Erasures(contact.pool).find(anna) is None
    assert await contact.erasure(anna) is Erasure.NONE
    assert await contact.owner("anna") == anna


async def test_an_identifier_that_someone_else_has_by_now_keeps_its_key(contact: Contact) -> None:
    """Erasing twice over: the second try must not take the key of who claimed the identifier in between."""
    anna = await contact.known("anna")
    await contact.ask(anna)
    erasing = contact.erasing()
    row = await Erasures(contact.pool).find(anna)
    assert row is not None
    await erasing._release(row)
    ben = await contact.known()
    claim = ClaimIdentifier(ben, "email", HASHED("email", "anna"))
    await contact.handler.handle(IDENTITY, identity("anna"), claim, subject=str(ben), context=CONTEXT)
    await erasing.carry_out(anna)
    assert await contact.owner("anna") == ben
    assert (await contact.keys.find([identity("anna")])).keys() == {identity("anna")}


async def test_who_comes_back_is_new_and_keeps_the_partition_of_the_identifier(contact: Contact) -> None:
    """A view's row has one writer: all events about a customer are in one partition."""
    anna = await contact.known("anna")
    await contact.ask(anna)
    await contact.erasing().carry_out(anna)
    body = b"""{"kind": "interaction", "source": "crm", "id": "7", "channel": "call",
        "occurred_at": "2026-01-04T12:00:00Z", "identifiers": [{"type": "email", "value": "anna"}],
        "interaction": {"direction": "inbound", "summary": "I am back"}}"""
    touchpoints = Touchpoints(HASHED)
    received = touchpoints.received(decode(body))
    work = WorkingSet(contact.store, NOW)
    await work.load(received.streams)
    back = touchpoints.record(work, received).customer_id
    await work.commit()
    assert back != anna
    assert partition_of(str(back)) == partition_of(str(anna))
    partitions = await contact.pool.fetch("SELECT DISTINCT partition FROM event WHERE subject = $1", str(back))
    assert len(partitions) == 1
