"""One contract for key stores: the one in memory and the one on PostgreSQL."""

import asyncio
from collections.abc import Sequence

import asyncpg

from shared.privacy.data_key import DataKey
from shared.privacy.key_store import KeyStore
from shared.privacy.master_keys import EnvironmentMasterKeys, Wrapped
from shared.privacy.postgres_keys import PostgresKeyStore

from .conftest import NEW, OLD


async def wrapped(masters: EnvironmentMasterKeys, *subjects: str) -> Sequence[Wrapped]:
    return await masters.wrap({subject: DataKey.fresh().secret for subject in subjects})


async def test_the_first_key_of_a_subject_wins(keys: KeyStore, masters: EnvironmentMasterKeys) -> None:
    first, second = (await wrapped(masters, "a"))[0], (await wrapped(masters, "a"))[0]
    assert (await keys.add([first]))["a"].wrapped == first
    assert (await keys.add([second]))["a"].wrapped == first
    assert (await keys.find(["a", "b"])).keys() == {"a"}


async def test_of_racing_keys_one_wins_for_all(keys: KeyStore, masters: EnvironmentMasterKeys) -> None:
    tries = [(await wrapped(masters, "a"))[0] for _ in range(8)]
    kept = await asyncio.gather(*(keys.add([item]) for item in tries))
    assert len({item["a"].wrapped for item in kept}) == 1


async def test_a_destroyed_key_is_gone_and_the_subject_gets_no_other(
    keys: KeyStore, masters: EnvironmentMasterKeys
) -> None:
    await keys.add(await wrapped(masters, "a"))
    await keys.destroy(["a", "never-had-one"])
    await keys.destroy(["a"])
    for subject in ("a", "never-had-one"):
        kept = (await keys.add(await wrapped(masters, subject)))[subject]
        assert kept.wrapped is None
        assert kept.erased_at is not None


async def test_a_forgotten_subject_may_come_again_with_another_key(
    keys: KeyStore, masters: EnvironmentMasterKeys
) -> None:
    first = (await wrapped(masters, "a"))[0]
    await keys.add([first])
    await keys.forget(["a"])
    assert await keys.find(["a"]) == {}
    assert (await keys.add(await wrapped(masters, "a")))["a"].wrapped not in (None, first)


async def test_forgetting_brings_no_erased_subject_back(keys: KeyStore, masters: EnvironmentMasterKeys) -> None:
    await keys.destroy(["a"])
    await keys.forget(["a"])
    assert (await keys.find(["a"]))["a"].erased_at is not None


async def test_rewrapping_changes_only_what_is_as_it_was_read(keys: KeyStore, masters: EnvironmentMasterKeys) -> None:
    await keys.add(await wrapped(masters, "a", "b"))
    new = EnvironmentMasterKeys(f"{NEW},{OLD}")
    old = await keys.wrapped_otherwise("new", 10)
    again = {item.subject: item for item in await new.wrap(await new.unwrap(old))}
    await keys.destroy(["b"])
    assert await keys.rewrap([(item, again[item.subject]) for item in old]) == 1
    assert (await keys.find(["a"]))["a"].wrapped == again["a"]
    assert (await keys.find(["b"]))["b"].wrapped is None
    assert await keys.count() == {"new": 1, None: 1}


async def test_what_is_destroyed_is_heard_by_others(keys_pool: asyncpg.Pool, masters: EnvironmentMasterKeys) -> None:
    here, there = PostgresKeyStore(keys_pool), PostgresKeyStore(keys_pool)
    heard: list[Sequence[str] | None] = []
    listening = asyncio.create_task(there.listen(heard.append))
    while heard != [None]:
        await asyncio.sleep(0.01)
    await here.add(await wrapped(masters, "a", "b"))
    await here.destroy(["a"])
    await here.forget(["b"])
    await here.destroy([f"subject-{number}" for number in range(2000)])
    while len(heard) < 4:
        await asyncio.sleep(0.01)
    assert heard == [None, ["a"], ["b"], None]
    listening.cancel()
