"""The master key is changed while everything seals and opens; nothing is lost, and the old key can go."""

import asyncio
from typing import Any

import asyncpg
import pytest

from shared.errors import Conflict
from shared.privacy.data_key import Unreadable
from shared.privacy.key_store import KeyStore
from shared.privacy.master_keys import EnvironmentMasterKeys
from shared.privacy.postgres_keys import PostgresKeyStore
from shared.privacy.revealing import reveal
from shared.privacy.rotation import rotate
from shared.privacy.sealer import Sealer
from shared.privacy.vault import Vault
from tests.privacy.test_sealing import Noted

from .conftest import NEW, OLD


async def sealed_for(vault: Vault, subject: str, text: str) -> str:
    """Seal as an append does, deciding again where another made the key first."""
    while True:
        sealer = Sealer(vault)
        await vault.fetch([subject])
        (event,) = sealer.sealed([Noted("t", text)], f"note-{subject}", 0, subject)
        try:
            await sealer.keep({subject})
        except Conflict:
            continue
        return event.text


async def opened(vault: Vault, token: str) -> str:
    return (await reveal(vault, f'"{token}"'.encode())).decode().strip('"')


async def test_after_a_rotation_the_old_master_key_may_go(keys: KeyStore) -> None:
    tokens = [await sealed_for(Vault(keys, EnvironmentMasterKeys(OLD)), f"s{number}", "words") for number in range(25)]
    assert await rotate(Vault(keys, EnvironmentMasterKeys(f"{NEW},{OLD}")), batch=10) == 25
    assert await keys.count() == {"new": 25}
    vault = Vault(keys, EnvironmentMasterKeys(NEW))
    assert {await opened(vault, token) for token in tokens} == {"words"}


async def test_rotating_again_finds_nothing_to_do(keys: KeyStore) -> None:
    await sealed_for(Vault(keys, EnvironmentMasterKeys(NEW)), "a", "words")
    assert await rotate(Vault(keys, EnvironmentMasterKeys(f"{NEW},{OLD}"))) == 0


async def test_a_rotation_under_load_disturbs_nobody(keys_pool: asyncpg.Pool) -> None:
    """Old processes seal and open with the old key first, new ones with the new key first, all the while."""
    keys = PostgresKeyStore(keys_pool)
    rings = [EnvironmentMasterKeys(f"{OLD},{NEW}"), EnvironmentMasterKeys(f"{NEW},{OLD}")]
    vaults = [Vault(keys, ring, seconds=0.02) for ring in rings]
    tokens: list[str] = []
    over = False

    async def work(vault: Vault, name: str) -> None:
        number = 0
        while not over:
            number += 1
            tokens.append(await sealed_for(vault, f"{name}-{number}", f"words {number}"))
            assert (await opened(vaults[number % 2], tokens[number // 2])).startswith("words")

    workers = [asyncio.create_task(work(vault, str(place))) for place, vault in enumerate(vaults)]
    while len(tokens) < 200:
        await asyncio.sleep(0.01)
    await rotate(vaults[1], batch=20)
    over = True
    await asyncio.gather(*workers)
    await rotate(vaults[1], batch=20)
    assert set(await keys.count()) == {"new"}
    last = Vault(keys, EnvironmentMasterKeys(NEW))
    assert all([(await opened(last, token)).startswith("words") for token in tokens])


async def test_a_master_key_that_is_missing_is_named(keys: KeyStore) -> None:
    token = await sealed_for(Vault(keys, EnvironmentMasterKeys(OLD)), "a", "words")
    new = Vault(keys, EnvironmentMasterKeys(NEW))
    for work in (rotate(new), opened(new, token)):
        with pytest.raises(LookupError, match="lacks 'old'"):
            await work


async def test_another_key_under_the_same_name_opens_nothing(keys: KeyStore) -> None:
    token = await sealed_for(Vault(keys, EnvironmentMasterKeys(OLD)), "a", "words")
    impostor: Any = EnvironmentMasterKeys(NEW.replace("new:", "old:"))
    with pytest.raises(Unreadable):
        await Vault(keys, impostor).fetch(["a"])
    assert token
