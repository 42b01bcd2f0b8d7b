"""Settings of loyalty: LOYALTY_* environment variables."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.loyalty.domain.programme.terms import Terms
from shared.settings import ServiceSettings

_LOYALTY = SettingsConfigDict(env_prefix="LOYALTY_", extra="ignore", hide_input_in_errors=True)


class TermsSettings(BaseSettings):
    """The terms that points are earned on from now on. Each lot keeps those that it was earned on."""

    model_config = _LOYALTY

    points_pending_days: int = Field(
        default=0, ge=0, le=3650, description="Days until points can be spent; 0: at once."
    )
    points_valid_months: int | None = Field(
        default=None,
        ge=1,
        le=1200,
        description="Months that points can be spent for, once active; for ever by default.",
    )
    points_to_month_end: bool = Field(default=False, description="Let points live until the end of their last month.")
    zone: str = Field(default="UTC", description="The programme's time zone, by which days and months are counted.")

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is no time zone: name one such as Europe/Berlin") from None
        return zone

    @property
    def terms(self) -> Terms:
        """The terms, for the domain."""
        return Terms(self.points_pending_days, self.points_valid_months, self.points_to_month_end, self.zone)


class LoyaltySettings(TermsSettings, ServiceSettings):
    """What loyalty adds to the kernel's settings."""

    model_config = _LOYALTY
