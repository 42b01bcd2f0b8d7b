"""Settings from the environment: SettingsInvalid, which tells no secret, or settings that can be used."""

import os

from services.loyalty.settings import LoyaltySettings
from shared.privacy.master_keys import EnvironmentMasterKeys
from shared.settings import KernelSettings, SettingsInvalid, load

_NAMES = [name.upper() for name in KernelSettings.model_fields] + [
    f"LOYALTY_{name.upper()}" for name in LoyaltySettings.model_fields
]
SECRET = "hidden-from-everyone"


def one(data: bytes) -> None:
    """Take `NAME=value` lines for the environment, of the names that there are."""
    lines = [line.partition(b"=") for line in data.split(b"\n")]
    given = {name.decode("latin-1"): value.decode("latin-1").replace("\x00", "") for name, _, value in lines}
    before = dict(os.environ)
    os.environ.update({name: value for name, value in given.items() if name in _NAMES})
    try:
        kernel, own = load(KernelSettings, LoyaltySettings)
        EnvironmentMasterKeys(kernel.master_keys.get_secret_value())
        assert isinstance(own, LoyaltySettings)
        assert 0 <= own.port <= 65535
        assert own.terms.zone
    except SettingsInvalid as invalid:
        if SECRET in str(invalid):
            raise AssertionError("a secret is told") from None
    finally:
        os.environ.clear()
        os.environ.update(before)
