"""What the API takes in about rewards: offers, stock, codes, redemptions; shapes here, sense in the domain."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.loyalty.domain.codes.naming import CODE_TEXT
from services.loyalty.domain.ledger.currencies import CODE
from services.loyalty.domain.rewards.offer import Conversion, Fulfilment, Kind, Limit, Offer, Supply, Worth
from services.loyalty.domain.rewards.soundness import LANGUAGE, LONGEST_DAYS, LONGEST_HOURS, LONGEST_TITLE
from shared.http.written import WRITTEN_NUMBER, Moment

MOST_CODES = 500
"""Codes in one batch."""

NAME = r"^[a-z0-9][a-z0-9-]{0,63}$"

RewardId = Annotated[str, Path(pattern=NAME, description="Chosen by whoever publishes the reward.")]
Id = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Points = Annotated[int, Field(ge=1, lt=2**63), WRITTEN_NUMBER]
Quantity = Annotated[int, Field(ge=1, lt=2**31), WRITTEN_NUMBER]
Days = Annotated[int, Field(ge=1, le=LONGEST_DAYS), WRITTEN_NUMBER]
Hours = Annotated[int, Field(ge=1, le=LONGEST_HOURS), WRITTEN_NUMBER]
Change = Annotated[int, Field(gt=-(2**31), lt=2**31), WRITTEN_NUMBER]
Language = Annotated[str, StringConstraints(pattern=LANGUAGE)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE)]
Tier = Annotated[str, StringConstraints(pattern=NAME)]
Code = Annotated[str, StringConstraints(pattern=CODE_TEXT)]


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [fields]})


class WorthDraft(BaseModel):
    """What it is worth in money."""

    model_config = ConfigDict(extra="forbid")

    amount: Annotated[Decimal, Field(gt=0, lt=10**15, decimal_places=3, description="A decimal string.")]
    currency: str = Field(pattern="^[A-Z]{3}$")


class ConversionDraft(BaseModel):
    """What a conversion gives in the partner's own currency."""

    model_config = ConfigDict(extra="forbid")

    units: Points
    unit: Words


class LimitDraft(BaseModel):
    """How often a member may redeem it."""

    model_config = ConfigDict(extra="forbid")

    count: Quantity
    days: Days | None = Field(default=None, description="In so many days; ever.")


class OfferDraft(BaseModel):
    """A reward to publish, or to offer otherwise."""

    model_config = _example(
        kind="goods",
        titles={"en": "A mug", "de": "Ein Becher"},
        price=1200,
        tier_prices={"gold": 1000},
        supply="counted",
        limit={"count": 2, "days": 30},
    )

    kind: Kind
    titles: dict[Language, Title] = Field(min_length=1, max_length=50, description="The title in each language.")
    price: Points = Field(description="In points of `points_currency`.")
    points_currency: str | None = Field(default=None, pattern=CODE, description="The programme's main one by default.")
    tier_prices: dict[Tier, Points] = Field(default={}, max_length=50, description="What members of a tier pay.")
    supply: Supply = Field(default=Supply.UNLIMITED, description="It stays as it was published first.")
    opens_at: Moment | None = None
    closes_at: Moment | None = Field(default=None, description="Half-open: at this moment it is too late.")
    limit: LimitDraft | None = None
    partner: str | None = Field(default=None, pattern=NAME)
    fulfilment: Fulfilment = Fulfilment.AT_ONCE
    fulfil_within_hours: Hours | None = None
    worth: WorthDraft | None = None
    conversion: ConversionDraft | None = None

    def offer(self, points_currency: str) -> Offer:
        """Return the offer, for the domain, with its price in this currency."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        fields["points_currency"] = points_currency
        parts = {"limit": Limit, "worth": Worth, "conversion": Conversion}
        for name, kind in parts.items():
            if fields[name] is not None:
                fields[name] = kind(**dict(fields[name]))
        return msgspec.convert(fields, Offer, strict=False)


class StockDraft(BaseModel):
    """More of a reward."""

    model_config = _example(addition_id="delivery-7", quantity=50)

    addition_id: Id = Field(description="Chosen by the client: the same again adds nothing.")
    quantity: Quantity


class CorrectionDraft(BaseModel):
    """What a count found."""

    model_config = _example(correction_id="count-2026-01", quantity=-2, reason="Two were broken.")

    correction_id: Id = Field(description="Chosen by the client: the same again corrects nothing.")
    quantity: Change = Field(description="How many more; negative: fewer.")
    reason: Words


class CodesDraft(BaseModel):
    """Codes for a pool."""

    model_config = _example(addition_id="batch-1", codes=["SPRING-7F3K", "SPRING-9QX2"])

    addition_id: Id = Field(description="Chosen by the client: the same again adds nothing.")
    codes: list[Code] = Field(min_length=1, max_length=MOST_CODES)


class RedemptionDraft(BaseModel):
    """A reward that a member wants."""

    model_config = _example(reward_id="mug", redemption_id="0198c0de-7a11-7c3e-8f00-0000000000aa")

    reward_id: str = Field(pattern=NAME)
    redemption_id: UUID | None = Field(
        default=None, description="Chosen by the client, so that a retry can't redeem twice."
    )
    pool_id: str | None = Field(
        default=None, pattern=NAME, description="The pool that pays; by default the member's own points do."
    )


class FulfilmentDraft(BaseModel):
    """That the member has it."""

    model_config = _example(reference="parcel-00340434")

    reference: Id | None = Field(default=None, description="The fulfiller's own name for it.")


class EndDraft(BaseModel):
    """Why a redemption comes to nothing."""

    model_config = _example(reason="The member changed their mind.")

    reason: Words


class TillDraft(BaseModel):
    """A code at a till."""

    model_config = _example(code="SPRING-7F3K", till="berlin-3", receipt="2026-01-05-0042")

    code: Code
    till: Id
    receipt: Id = Field(description="The same code on the same receipt is the same redemption.")
