"""A customer's score as the API gives it out, with its history."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field

from services.scoring.domain.events import CustomerScored
from services.scoring.domain.pyramid import Tier
from shared.store.contract import Recorded


class Measures(BaseModel):
    """What a run found about a customer."""

    event: str = Field(description="The event that says so.")
    run_id: UUID
    recorded_at: datetime
    tier: Tier
    previous_tier: Tier | None
    towards: Tier | None = Field(description="Where the last runs pointed to; enough of them in a row move the tier.")
    towards_runs: int
    recency: int = Field(ge=1, le=5)
    frequency: int = Field(ge=1, le=5)
    monetary: int = Field(ge=1, le=5)
    value: Decimal = Field(description="What the customer paid, net of refunds.")
    currency: str
    purchases: int
    transaction_days: int
    first_day: date
    last_day: date
    expected_purchases: float | None = Field(description="In the run's horizon; null without a model to trust.")
    probability_alive: float | None
    reason: str
    members: list[UUID] = Field(description="The other customers whom this one stood for, whose purchases count.")
    because: list[str] = Field(description="The merges or undos, events of contact, for whose sake it was decided.")


class ScoreAnswer(BaseModel):
    """A customer's score at a moment, and every one that had been recorded by then, the first one first."""

    customer_id: UUID
    members: list[UUID] = Field(description="The customers who are one at that moment, this one included.")
    score: Measures
    history: list[Measures]


def score_answer(customer_id: UUID, members: Sequence[UUID], events: Sequence[Recorded]) -> dict[str, Any]:
    """Return the score as JSON. There must be at least one event."""
    history = [_measures(recorded) for recorded in events]
    answer = ScoreAnswer(customer_id=customer_id, members=list(members), score=history[-1], history=history)
    return answer.model_dump(mode="json")


def _measures(recorded: Recorded) -> Measures:
    event: CustomerScored = recorded.event
    return Measures(event=recorded.id, recorded_at=recorded.recorded_at, **msgspec.structs.asdict(event))
