"""Master keys in the environment: what is wrong is said without the key, and production takes none that is built in."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from shared.privacy.master_keys import DEVELOPMENT, EnvironmentMasterKeys
from shared.settings import KernelSettings

from .conftest import NEW, OLD


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "entry 1"),
        ("one", "entry 1"),
        (f"{OLD},two:%%%", "entry 2"),
        ("short:c2hvcnQ=", "32 random bytes"),
        (f"{OLD},{OLD}", "twice"),
    ],
)
def test_what_is_wrong_with_master_keys_is_said_without_them(text: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says) as refused:
        KernelSettings(kafka_bootstrap_servers="x", master_keys=SecretStr(text))
    assert "c2hvcnQ" not in str(refused.value)


def test_the_first_master_key_wraps() -> None:
    assert EnvironmentMasterKeys(f"{NEW}, {OLD}").names == ("new", "old")


def test_production_refuses_the_built_in_master_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("identity_secret", "cursor_secret"):
        monkeypatch.setenv(name.upper(), "x" * 32)
    given: dict[str, Any] = {
        "kafka_bootstrap_servers": "x",
        "environment": "production",
        "oidc_issuer": "i",
        "oidc_jwks_url": "j",
    }
    with pytest.raises(ValidationError, match="MASTER_KEYS"):
        KernelSettings(**given)
    KernelSettings(**given, master_keys=SecretStr(NEW))
    with pytest.raises(ValidationError, match="MASTER_KEYS"):
        KernelSettings(**given, master_keys=SecretStr(f"{NEW},{DEVELOPMENT}"))
