"""Settings of loyalty: LOYALTY_* environment variables."""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.loyalty.domain.ledger.currencies import CODE, POINTS, Declared
from services.loyalty.domain.ledger.policies import (
    AdjustmentPolicy,
    DebtPolicy,
    LapsePolicy,
    Policies,
    TransferPolicy,
)
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.points_currency import (
    USUAL_REDEMPTION,
    USUAL_WORTH,
    Kind,
    PointsCurrency,
    Value,
)
from services.loyalty.domain.programme.terms import Terms
from shared.settings import ServiceSettings

_LOYALTY = SettingsConfigDict(env_prefix="LOYALTY_", extra="ignore", hide_input_in_errors=True)


_QUALIFYING = ":qualifying"


class TermsSettings(BaseSettings):
    """The built-in programme, and which published one counts instead for members who chose none.

    Each lot keeps the terms that it was earned on. Of members of a published programme, the others count until its
    first version alone: from then on its document rules, `policies` about debts, lapsed spends, gifts and adjustments.
    """

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
    currencies: str = Field(
        default=POINTS,
        max_length=1000,
        description="The point currencies, the main one first, such as miles, status:qualifying: those can't be spent.",
    )
    debt: DebtPolicy = Field(
        default="owe", description="What of a refund is gone already: owe it, or cap the refund at the balance."
    )
    lapsed_spend: Literal["forfeit", "grace", "renew"] = Field(
        default="forfeit", description="What becomes of a spend that is taken back after its points lapsed."
    )
    lapsed_spend_grace_days: int = Field(default=30, ge=1, le=3650, description="Days that grace gives.")
    gifts: bool = Field(default=True, description="Whether members may give points to each other.")
    adjustment_alone: int = Field(
        default=10_000, ge=0, lt=2**63, description="More points than these need a second person to be adjusted."
    )
    programme: str = Field(
        default="",
        pattern="^([a-z][a-z0-9-]{0,31})?$",
        description="The published programme of members who chose none; by default the plain one, of these settings.",
    )
    zone: str = Field(default="UTC", description="The programme's time zone, by which days and months are counted.")
    point_value: Decimal = Field(
        default=USUAL_WORTH,
        ge=0,
        le=1_000_000,
        description="What a redeemed point is worth, in the money of the sale that it was issued with.",
    )
    expected_redemption: Decimal = Field(
        default=USUAL_REDEMPTION,
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

    @field_validator("currencies")
    @classmethod
    def _declared(cls, currencies: str) -> str:
        declared = _read(currencies)
        if not declared.spendable or len(set(declared.codes)) < len(declared.codes):
            raise ValueError("must name each currency once, and at least one that can be spent")
        for code in declared.codes:
            if not re.fullmatch(CODE, code):
                raise ValueError(f"{code!r} is no name of a currency: write such as miles, or status:qualifying")
        return currencies

    @property
    def declared(self) -> Declared:
        """The point currencies, for the domain."""
        return _read(self.currencies)

    @property
    def policies(self) -> Policies:
        """The choices about debts, lapsed spends, gifts and adjustments, for the domain."""
        days = self.lapsed_spend_grace_days if self.lapsed_spend == "grace" else 0
        return Policies(
            self.debt,
            LapsePolicy(self.lapsed_spend, days),
            TransferPolicy(self.gifts),
            AdjustmentPolicy(self.adjustment_alone),
        )

    @property
    def terms(self) -> Terms:
        """The terms, for the domain."""
        return Terms(self.points_pending_days, self.points_valid_months, self.points_to_month_end, self.zone)

    @cached_property
    def built_in(self) -> Document:
        """The programme that these settings make: it counts where no published one does, and has no rules to judge by.

        Its points are worth so much in the money of their sale, whichever that is.
        """
        currencies = (
            *(self._currency(code, "spendable") for code in self.declared.spendable),
            *(self._currency(code, "qualifying") for code in self.declared.qualifying),
        )
        terms = dict.fromkeys(self.declared.codes, self.terms)
        return Document("", "", currencies, self.zone, terms, policies=self.policies)

    def _currency(self, code: str, kind: Kind) -> PointsCurrency:
        worth = Value(self.point_value, "") if kind == "spendable" else None
        return PointsCurrency(code, kind, value=worth, expected_redemption=self.expected_redemption)


def _read(currencies: str) -> Declared:
    named = [item.strip() for item in currencies.split(",")]
    qualifying = tuple(item.removesuffix(_QUALIFYING) for item in named if item.endswith(_QUALIFYING))
    return Declared(tuple(item for item in named if not item.endswith(_QUALIFYING)), qualifying)


class LoyaltySettings(TermsSettings, ServiceSettings):
    """What loyalty adds to the kernel's settings."""

    model_config = _LOYALTY

    simulation_processes: int = Field(
        default=2, ge=1, le=64, description="How many processes play a simulation, each a share of the accounts."
    )

    @property
    def cautions(self) -> Sequence[str]:
        """See `ServiceSettings.cautions`: beside a published programme, nobody may expect the built-in one to rule."""
        given = [name for name in TermsSettings.model_fields if name in self.model_fields_set - {"programme"}]
        if not (self.programme and given):
            return ()
        named = ", ".join(f"LOYALTY_{name.upper()}" for name in given)
        return (
            f"LOYALTY_PROGRAMME is {self.programme}, and {named} make the built-in programme: for members of"
            f" {self.programme} they count until its first version alone. From then on its document rules, such as"
            " `policies` for debts, lapsed spends, gifts and adjustments.",
        )
