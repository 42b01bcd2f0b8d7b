"""What the API takes in and gives out about programmes."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.domain.programme.programme import Version
from shared.http.written import Moment

EXAMPLE: dict[str, Any] = {
    "id": "shop",
    "name": "The shop",
    "zone": "Europe/Berlin",
    "currencies": [{"code": "points", "value": {"amount": "0.01", "currency": "EUR"}}],
    "terms": {"points": {"pending_days": 14, "valid_months": 24}},
    "earning": {
        "rules": [
            {
                "id": "one-per-euro",
                "on": ["purchase"],
                "effects": [{"type": "base", "amount": {"type": "per-amount", "points": 1}}],
            }
        ]
    },
}


class Draft(BaseModel):
    """A version that may be published."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"document": EXAMPLE}]})

    document: dict[str, Any] = Field(description="The whole programme, as GET /v1/programme-schema describes it.")
    effective_from: Moment | None = Field(default=None, description="From when it counts; now by default.")


class Publication(Draft):
    """A version to publish."""

    confirm: str = Field(
        default="", max_length=64, description="For a back-dated version: the token that /check answered."
    )


class FaultAnswer(BaseModel):
    """What is wrong, and where."""

    at: str = Field(description="A JSON pointer into the document.")
    rule: str = Field(description="The rule that it is about; empty: none.")
    says: str


class ChangeAnswer(BaseModel):
    """One change, in words."""

    at: str
    says: str


class VersionAnswer(BaseModel):
    """A published version, or the one that would be."""

    version: int
    effective_from: datetime
    back_dated: bool
    published_at: datetime | None = None
    published_by: str | None = None


class VersionsAnswer(BaseModel):
    """All versions of a programme, the first first."""

    programme_id: str
    versions: list[VersionAnswer]


class ProgrammeAnswer(BaseModel):
    """A programme by the version that counts now, or that will first."""

    programme_id: str
    name: str
    version: int = Field(description="The version that counts now.")
    effective_from: datetime
    back_dated: bool
    latest: int = Field(description="The version that was published last; it may count from a later time on.")
    document: dict[str, Any]


class DifferenceAnswer(BaseModel):
    """What changes from one version to another."""

    programme_id: str
    before: int | None
    after: int
    changes: list[ChangeAnswer]


class RuleEffectAnswer(BaseModel):
    """What a rule gave, and would give, for the facts that would be judged otherwise."""

    rule: str
    points_currency: str
    before: int
    after: int


class MemberEffectAnswer(BaseModel):
    """By how many points of each currency a member's would change."""

    customer_id: str
    change: dict[str, int]


class EffectAnswer(BaseModel):
    """What would change of history."""

    members: int = Field(description="How many have an account.")
    examined: int
    belonging: int = Field(description="How many of the examined belong to this programme; it touches no other.")
    sample: bool = Field(description="There are more members than were examined; the numbers are those of the sample.")
    affected: int = Field(description="Members whose points would change.")
    facts: int = Field(description="Facts that would be judged by another version, or otherwise.")
    points: dict[str, int] = Field(description="The change by currency, before debts, spends and expiry.")
    rules: list[RuleEffectAnswer]
    most_affected: list[MemberEffectAnswer]


class CheckAnswer(BaseModel):
    """What would come of publishing a draft."""

    faults: list[FaultAnswer]
    unchanged: bool = Field(description="The latest version says the same already: nothing would be published.")
    version: int
    effective_from: datetime
    back_dated: bool = Field(description="It would count for a time that has begun or is taken: it needs `confirm`.")
    confirm: str | None
    changes: list[ChangeAnswer]
    effect: EffectAnswer | None = Field(description="For a back-dated version: what it would change of history.")


def version_body(version: Version) -> dict[str, Any]:
    """Return what is told of a version beside its document."""
    return {
        "version": version.number,
        "effective_from": version.effective_from,
        "back_dated": version.back_dated,
    }
