"""The vault: keys at hand for a while, bounded, and gone as soon as their subject is."""

import asyncio

import pytest

from shared.privacy.data_key import DataKey
from shared.privacy.key_store import InMemoryKeyStore, Kept
from shared.privacy.master_keys import EnvironmentMasterKeys
from shared.privacy.vault import Erased, Vault


class Counting(InMemoryKeyStore):
    """Counts the round trips of reading."""

    finds = 0

    async def find(self, subjects: object) -> "dict[str, Kept]":
        self.finds += 1
        await asyncio.sleep(0)
        return dict(await super().find(subjects))  # type: ignore[arg-type] # passed on as it came


async def test_keys_of_a_batch_come_in_one_round_trip_and_stay_at_hand(masters: EnvironmentMasterKeys) -> None:
    keys = Counting()
    vault = Vault(keys, masters)
    await vault.add({name: DataKey.fresh() for name in "abc"})
    vault.gone(None)
    await vault.fetch("abcabc")
    await vault.fetch("cab")
    assert keys.finds == 1
    assert all(vault.key(name) for name in "abc")


async def test_a_key_is_looked_for_again_after_its_time(masters: EnvironmentMasterKeys) -> None:
    now = 0.0
    keys = Counting()
    vault = Vault(keys, masters, seconds=60, monotonic=lambda: now)
    await vault.add({"a": DataKey.fresh()})
    await keys.destroy(["a"])
    now = 59.0
    assert vault.key("a") is not None, "the news did not arrive: this is what the bound is for"
    now = 60.0
    assert vault.key("a") is None
    await vault.fetch(["a"])
    with pytest.raises(Erased):
        vault.key("a")


async def test_a_key_that_another_process_made_is_found_by_who_saw_that_there_was_none(
    masters: EnvironmentMasterKeys,
) -> None:
    """Found by a fault plan: for a minute, an API answered `[erased]` for words that another one had just sealed."""
    keys = InMemoryKeyStore()
    here, there = Vault(keys, masters), Vault(keys, masters)
    await here.fetch(["a"])
    assert here.readable("a") is None
    made = DataKey.fresh()
    await there.add({"a": made})
    await here.fetch(["a"])
    found = here.readable("a")
    assert found is not None
    assert found.secret == made.secret


async def test_no_more_keys_are_held_than_agreed(masters: EnvironmentMasterKeys) -> None:
    vault = Vault(InMemoryKeyStore(), masters, cached=2)
    await vault.add({name: DataKey.fresh() for name in "abc"})
    assert [name for name in "abc" if vault.key(name)] == ["b", "c"]


async def test_the_news_of_an_erasure_closes_the_vault_for_the_subject_at_once(masters: EnvironmentMasterKeys) -> None:
    keys = InMemoryKeyStore()
    here, there = Vault(keys, masters), Vault(keys, masters)
    await there.watch()
    await here.add({"a": DataKey.fresh(), "b": DataKey.fresh()})
    await there.fetch(["a", "b"])
    await here.destroy(["a"])
    assert there.readable("a") is None
    assert there.readable("b") is not None


async def test_news_that_come_while_a_key_is_fetched_are_not_overtaken_by_it(masters: EnvironmentMasterKeys) -> None:
    """The key was read before it was destroyed, and arrives after: it must not be held."""
    keys = Counting()
    vault = Vault(keys, masters)
    await vault.watch()
    await vault.add({"a": DataKey.fresh()})
    vault.gone(None)

    async def slow(subjects: object) -> dict[str, Kept]:
        found = dict(await InMemoryKeyStore.find(keys, subjects))  # type: ignore[arg-type] # as it came
        if keys.finds == 0:
            keys.finds += 1
            await keys.destroy(["a"])
        return found

    keys.find = slow  # type: ignore[method-assign] # a key store that is slow at the worst moment
    await vault.fetch(["a"])
    assert vault.readable("a") is None


async def test_of_two_who_make_a_key_the_second_learns_which_counts(masters: EnvironmentMasterKeys) -> None:
    keys = InMemoryKeyStore()
    here, there = Vault(keys, masters), Vault(keys, masters)
    assert await here.add({"a": DataKey.fresh()}) == []
    assert await there.add({"a": DataKey.fresh()}) == ["a"]
    mine, theirs = here.key("a"), there.key("a")
    assert mine is not None
    assert theirs is not None
    assert mine.secret == theirs.secret
