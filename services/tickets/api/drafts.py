"""What the API takes in: one model for each body, with an example."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from services.tickets.api.redress import Redress
from services.tickets.domain.terms import Decision, Severity
from shared.http.written import Flag, Moment

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]


def _example(**fields: JsonValue) -> ConfigDict:
    """Return the settings of a draft: nothing but its fields is taken, and the documentation shows the example."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [fields]})


class ComplaintDraft(BaseModel):
    """A complaint to open a ticket for."""

    model_config = _example(
        customer_id="0198c0de-7a11-7c3e-8f00-00000000000c",
        summary="The parcel came open and half of it was missing.",
        category="delivery",
        severity="high",
        channel="letter",
    )

    customer_id: UUID
    summary: Words = Field(description="What the customer complains about, in their words where possible.")
    category: Name = Field(default="unsorted", description="Product or issue.")
    severity: Severity = Field(default=Severity.NORMAL, description="It decides how soon an answer is due.")
    channel: Name = Field(default="api", description="How the complaint came.")
    touchpoint: str | None = Field(
        default=None, min_length=1, max_length=255, description="The touchpoint's name, where there was one."
    )
    received_at: Moment | None = Field(
        default=None, description="When the customer complained; now, if left out. Deadlines count from here."
    )
    invented: Flag = Field(default=False, description="True for what a demonstration made up.")


class PromiseDraft(BaseModel):
    """Something that the customer is promised."""

    model_config = _example(
        promise_id="call-back",
        content="We call back and say when the missing half comes.",
        due_at="2030-01-07T16:00:00Z",
    )

    content: Words
    due_at: Moment
    promise_id: Name | None = Field(
        default=None, description="Chosen by the client, so that a retry can't promise twice."
    )


class ResolutionDraft(BaseModel):
    """The decision on a complaint, as the customer is told it."""

    model_config = _example(
        decision="upheld",
        explanation="The carrier confirmed that the parcel was damaged on the way.",
        redress=[{"kind": "apology"}, {"kind": "refund", "amount": "11.77", "currency": "USD"}],
    )

    decision: Decision
    explanation: Words
    redress: list[Redress] = Field(default=[], max_length=10, description="What puts it right.")


class ReopeningDraft(BaseModel):
    """Why a resolved complaint is taken up again."""

    model_config = _example(reason="The refund has not arrived.")

    reason: Words
