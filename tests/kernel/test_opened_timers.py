"""A timer may follow from a personal text: opened for that alone, from any process, and gone with its key."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from msgspec import Struct

from shared.decider import Decider
from shared.events import Catalogue, encode
from shared.handle import Handler
from shared.policies.work import WorkingSet
from shared.privacy.key_store import InMemoryKeyStore
from shared.privacy.personal import ERASED, Personal, is_sealed
from shared.privacy.sealer import KeyNeeded
from shared.store.memory import InMemoryEventStore
from shared.testing.privacy import memory_vault
from shared.testing.sample import CONTEXT, NOW


class Appointed(Struct, frozen=True):
    """Someone has an appointment, which is theirs to know."""

    at: Personal
    note: int = 0


class Diary(Struct, frozen=True):
    at: Personal = ""
    seen: int = 0


def decide(command: Appointed, _: Diary) -> Sequence[Appointed]:
    return (command,)


def evolve(diary: Diary, event: Appointed) -> Diary:
    return Diary(event.at, diary.seen + 1)


def wakes(diary: Diary) -> datetime | None:
    return None if diary.at in ("", ERASED) else datetime.fromisoformat(diary.at)


DIARY = Decider("diary", Diary(), decide, evolve, wakes=wakes, wake=lambda _: Appointed(""), opens=True)
PUBLISHED = Catalogue("sample", {"appointed.v1": Appointed})


@pytest.fixture
def keys() -> InMemoryKeyStore:
    return InMemoryKeyStore()


def process(keys: InMemoryKeyStore, store: InMemoryEventStore | None = None) -> InMemoryEventStore:
    """The store as another process opens it: with a vault that has no key at hand."""
    opened = store or InMemoryEventStore(PUBLISHED)
    opened.vault = memory_vault(keys)
    return opened


async def appoint(store: InMemoryEventStore, command: Appointed) -> None:
    work = WorkingSet(store, NOW)
    await work.load(["diary-anna"])

    def react() -> None:
        work.handle(DIARY, "diary-anna", command, subject="anna", context=CONTEXT)

    await work.decide(react)
    await work.commit()


async def test_the_timer_is_set_and_the_text_is_sealed_in_event_and_state(keys: InMemoryKeyStore) -> None:
    store = process(keys)
    await appoint(store, Appointed(NOW.isoformat()))
    assert await store.wakes_at("diary-anna") == NOW
    (event,) = await store.read("diary-anna")
    state = (await Handler(store).load(DIARY, "diary-anna")).state
    assert is_sealed(state.at)
    assert NOW.isoformat().encode() not in encode(state) + encode(event.event)


async def test_a_process_without_the_key_fetches_it_and_decides_again(keys: InMemoryKeyStore) -> None:
    store = process(keys)
    await appoint(store, Appointed(NOW.isoformat()))
    (event,) = await store.read("diary-anna")
    other = process(keys, store)
    work = WorkingSet(other, NOW)
    await work.load(["diary-anna"])
    with pytest.raises(KeyNeeded):
        work.opened(DIARY, "diary-anna")
    assert (await work.decide(work.opened, DIARY, "diary-anna")).at == NOW.isoformat()
    await appoint(process(keys, store), Appointed(event.event.at, note=1))
    assert await store.wakes_at("diary-anna") == NOW


async def test_a_single_command_opens_it_too(keys: InMemoryKeyStore) -> None:
    store = process(keys)
    for _ in range(2):
        handler = Handler(process(keys, store))
        command = Appointed(NOW.isoformat())
        await handler.handle(DIARY, "diary-anna", command, subject="anna", context=CONTEXT)
    assert await store.wakes_at("diary-anna") == NOW


async def test_whose_key_is_gone_has_no_timer(keys: InMemoryKeyStore) -> None:
    store = process(keys)
    await appoint(store, Appointed(NOW.isoformat()))
    assert store.vault is not None
    await store.vault.destroy(["anna"])
    work = WorkingSet(store, NOW)
    await work.load(["diary-anna"])
    assert (await work.decide(work.opened, DIARY, "diary-anna")).at == ERASED
    assert wakes(Diary(ERASED)) is None


def test_only_a_decider_that_says_so_sees_texts_opened() -> None:
    seen: list[str] = []

    def looks(diary: Diary) -> datetime | None:
        seen.append(diary.at)
        return None

    for opens in (False, True):
        replace(DIARY, wakes=looks, opens=opens).moved(Diary("a"), Diary("b"), lambda diary: Diary(diary.at.upper()))
    assert seen == ["b", "a", "B", "A"]
