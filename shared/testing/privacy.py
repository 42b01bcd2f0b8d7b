"""A vault in memory for tests: real sealing, keys in a dict."""

from shared.privacy.key_store import InMemoryKeyStore
from shared.privacy.master_keys import DEVELOPMENT, EnvironmentMasterKeys
from shared.privacy.vault import Vault


def memory_vault(keys: InMemoryKeyStore | None = None) -> Vault:
    """Return a vault; another one over the same keys is another process."""
    return Vault(keys or InMemoryKeyStore(), EnvironmentMasterKeys(DEVELOPMENT))
