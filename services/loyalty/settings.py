"""Settings of loyalty: LOYALTY_* environment variables."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class LoyaltySettings(ServiceSettings):
    """What loyalty adds to the kernel's settings: nothing yet but its database and its ports."""

    model_config = SettingsConfigDict(env_prefix="LOYALTY_", extra="ignore", hide_input_in_errors=True)
