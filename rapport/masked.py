"""Every setting that there is, with the value that counts, so that it can be shown: secrets masked."""

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from rapport.services import SERVICES, load
from shared.settings import KernelSettings


def masked_settings() -> dict[str, str]:
    """Return the value of each variable; those of a service whose settings can't be used are left out."""
    found: dict[str, str] = {}
    every: list[type[BaseSettings]] = [KernelSettings, *(load(name).settings for name in SERVICES)]
    for settings in every:
        prefix = settings.model_config.get("env_prefix", "")
        try:
            found |= {f"{prefix}{name}".upper(): str(value) for name, value in settings()}
        except ValidationError:
            continue
    return found
