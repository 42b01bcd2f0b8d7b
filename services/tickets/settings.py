"""Settings of tickets: TICKETS_* environment variables."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class TicketsSettings(ServiceSettings):
    """What tickets adds to the kernel's settings: nothing yet but its database and its ports."""

    model_config = SettingsConfigDict(env_prefix="TICKETS_", extra="ignore", hide_input_in_errors=True)
