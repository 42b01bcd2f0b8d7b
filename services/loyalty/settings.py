"""Settings of loyalty: LOYALTY_* environment variables."""

from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.loyalty.domain.liability.assumptions import Assumptions
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

    point_value: Decimal = Field(
        default=Decimal("0.01"),
        ge=0,
        le=1_000_000,
        description="What a redeemed point is worth, in the money of the sale that it was issued with.",
    )
    expected_redemption: Decimal = Field(
        default=Decimal("0.8"),
        ge=0,
        le=1,
        description="The part of all points that is expected to be redeemed, until history shows it.",
    )

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

    @property
    def assumptions(self) -> Assumptions:
        """What the liability for points assumes."""
        valid = self.points_valid_months
        # A lot lapses within the month of its age, or in the one after, when it lives to a month's end or was pending.
        ages = None if valid is None else valid + (self.points_pending_days + 30) // 31
        return Assumptions(self.point_value, self.expected_redemption, ages)


class LoyaltySettings(TermsSettings, ServiceSettings):
    """What loyalty adds to the kernel's settings."""

    model_config = _LOYALTY
