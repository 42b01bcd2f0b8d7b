"""Settings of scoring: SCORING_* environment variables."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.scoring.domain.pyramid import Rule
from shared.settings import ServiceSettings


class ScoringSettings(ServiceSettings):
    """What scoring adds to the kernel's settings."""

    model_config = SettingsConfigDict(env_prefix="SCORING_", extra="ignore", hide_input_in_errors=True)

    currency: str = Field(default="USD", pattern="^[A-Z]{3}$", description="Purchases in this currency are scored.")
    hysteresis: float = Field(
        default=0.05, ge=0, lt=1, description="How far beyond a tier's edge a value must be to move the customer."
    )
    runs_in_a_row: int = Field(default=2, ge=1, le=12, description="How many runs must agree on a change of tier.")

    @property
    def rule(self) -> Rule:
        """The pyramid's rule."""
        return Rule(hysteresis=self.hysteresis, runs_in_a_row=self.runs_in_a_row)
