"""Settings of scoring: SCORING_* environment variables."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class ScoringSettings(ServiceSettings):
    """What scoring adds to the kernel's settings."""

    model_config = SettingsConfigDict(env_prefix="SCORING_", extra="ignore", hide_input_in_errors=True)

    currency: str = Field(default="USD", pattern="^[A-Z]{3}$", description="Purchases in this currency are scored.")
