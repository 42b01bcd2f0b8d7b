"""The vault that the settings describe: its key database, its master keys."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from shared.privacy.master_keys import EnvironmentMasterKeys
from shared.privacy.postgres_keys import PostgresKeyStore
from shared.privacy.vault import Vault
from shared.runtime.pool import connect
from shared.settings import KernelSettings, SettingsInvalid

POOL_SIZE = 4


@asynccontextmanager
async def vault_of(settings: KernelSettings) -> AsyncIterator[Vault]:
    """Open the vault. Raises SettingsInvalid when no key database is set."""
    if settings.keys_database_url is None:
        raise SettingsInvalid("The settings can't be used:\n  KEYS_DATABASE_URL: set it to the database of data keys")
    pool = await connect(settings.keys_database_url.get_secret_value(), size=POOL_SIZE)
    try:
        yield Vault(PostgresKeyStore(pool), EnvironmentMasterKeys(settings.master_keys.get_secret_value()))
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), 2)
        pool.terminate()
