"""Redress as the API takes it in and gives it out; each kind says what it needs."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from babel.core import get_global
from babel.numbers import get_currency_precision
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.tickets.domain import terms
from shared.http.written import Whole


class _Redress(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Apology(_Redress):
    """The company says sorry."""

    kind: Literal["apology"]


class Refund(_Redress):
    """Money goes back."""

    kind: Literal["refund"]
    amount: Decimal = Field(gt=0, lt=10**15, description="A string, with no more decimals than the currency has.")
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217, such as EUR.")

    @model_validator(mode="after")
    def _is_money(self) -> "Refund":
        if self.currency not in get_global("all_currencies"):
            raise ValueError("the currency must be one of ISO 4217")
        digits = get_currency_precision(self.currency)
        if self.amount != round(self.amount, digits):
            raise ValueError(f"the amount has more than the {digits} decimals of {self.currency}")
        return self


class Replacement(_Redress):
    """The customer gets the thing again."""

    kind: Literal["replacement"]
    item: str = Field(min_length=1, max_length=200)


class GivenReplacement(_Redress):
    """The customer gets the thing again; what the thing is may have been erased."""

    kind: Literal["replacement"]
    # What is checked here is still sealed, and longer than what the caller will read.
    item: str = Field(json_schema_extra={"minLength": 1, "maxLength": 200})


class Points(_Redress):
    """The customer gets loyalty points."""

    kind: Literal["points"]
    points: Whole = Field(ge=1, le=10**9)


Redress = Annotated[Apology | Refund | Replacement | Points, Field(discriminator="kind")]
GivenRedress = Annotated[Apology | Refund | GivenReplacement | Points, Field(discriminator="kind")]


def taken_in(redress: Sequence[BaseModel]) -> tuple[terms.Redress, ...]:
    """Return the domain's value of what the API was sent."""
    return msgspec.convert([item.model_dump() for item in redress], tuple[terms.Redress, ...])
