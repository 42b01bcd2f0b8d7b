"""Why a score is what it is: the arithmetic with its numbers, and the events that they come from."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from services.scoring.domain.events import CustomerScored, EdgesFrozen
from services.scoring.domain.findings import MODEL, Parameters
from services.scoring.domain.model import MODELS
from services.scoring.domain.pyramid import EDGED, Tier
from services.scoring.domain.run import RUN
from services.scoring.domain.score import SCORE
from services.scoring.views.evidence import EvidenceRow

FROZEN_AT = 2
"""The version of a run's stream at which its edges are frozen: the first event asks for the run."""

ALIVE = "1 / (1 + a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x)) where x > 0, else 1"


class ClassReason(BaseModel):
    """Why a class: the value, and the least value of each class in the run."""

    score: int
    value: str
    least_values: dict[int, str]


class TierReason(BaseModel):
    """Why a tier."""

    tier: Tier
    value: Decimal
    least_values: dict[Tier, float]
    hysteresis: float
    runs_in_a_row: int
    reason: str


class ForecastReason(BaseModel):
    """How the model came to its forecast; Fader, Hardie & Lee (2005), time in weeks."""

    model: str
    model_version: int
    parameters: dict[str, float]
    x: int = Field(description="Repeat transaction days.")
    t_x: float = Field(description="Weeks from the first to the last.")
    T: float = Field(description="Weeks from the first to the end of the observation.")
    horizon_weeks: int
    expected_purchases: float | None
    probability_alive: float | None
    probability_alive_is: str = ALIVE


class EventReason(BaseModel):
    """A purchase or a refund; below zero where money went back."""

    event: str
    occurred_at: datetime
    amount: Decimal


class Arithmetic(BaseModel):
    """Each measure with the numbers that it came from."""

    value: str
    tier: TierReason
    recency: ClassReason
    frequency: ClassReason
    monetary: ClassReason
    forecast: ForecastReason | None = Field(description="Null without a model to trust.")


class WhyAnswer(BaseModel):
    """All that stands behind a score."""

    customer_id: UUID
    because: list[str] = Field(description="Scoring's own events: the score, the run that made it, the model's fit.")
    run_id: UUID
    as_of: date
    arithmetic: Arithmetic
    events: list[EventReason] = Field(description="The purchases and refunds of contact, the newest first.")
    events_complete: bool = Field(
        description="Whether these are all of them, and still come to the value that was scored."
    )


def why_answer(
    score: CustomerScored, version: int, run: EdgesFrozen, rows: Sequence[EvidenceRow], most: int
) -> dict[str, Any]:
    """Return the reasons as JSON. Of `rows`, the newest first, at most `most` are shown."""
    shown = [EventReason(event=row.event_id, occurred_at=row.occurred_at, amount=row.amount) for row in rows[:most]]
    stream, fit = SCORE.stream(score.customer_id), f"{MODELS.stream(MODEL)}@{run.model_version}"
    return WhyAnswer(
        customer_id=score.customer_id,
        because=[f"{stream}@{version}", f"{RUN.stream(run.run_id)}@{FROZEN_AT}", fit],
        run_id=run.run_id,
        as_of=run.observed_until,
        arithmetic=_arithmetic(score, run),
        events=shown,
        events_complete=len(rows) <= most and sum((row.amount for row in rows), Decimal(0)) == score.value,
    ).model_dump(mode="json")


def _arithmetic(score: CustomerScored, run: EdgesFrozen) -> Arithmetic:
    edges = run.edges
    recency = {number: date.fromordinal(int(edge)).isoformat() for number, edge in edges.recency.items()}
    return Arithmetic(
        value=f"{score.purchases} purchases, less refunds: {score.value} {score.currency}",
        tier=_tier(score, run),
        recency=ClassReason(score=score.recency, value=score.last_day.isoformat(), least_values=recency),
        frequency=_class(score.frequency, str(score.transaction_days), edges.frequency),
        monetary=_class(score.monetary, str(score.value), edges.monetary),
        forecast=_forecast(score, run),
    )


def _class(score: int, value: str, edges: Mapping[int, float]) -> ClassReason:
    return ClassReason(score=score, value=value, least_values={number: f"{edge:g}" for number, edge in edges.items()})


def _tier(score: CustomerScored, run: EdgesFrozen) -> TierReason:
    return TierReason(
        tier=score.tier,
        value=score.value,
        least_values={tier: run.edges.tiers[tier] for tier in EDGED},
        hysteresis=run.rule.hysteresis,
        runs_in_a_row=run.rule.runs_in_a_row,
        reason=score.reason,
    )


def _forecast(score: CustomerScored, run: EdgesFrozen) -> ForecastReason | None:
    parameters: Parameters | None = run.model.usable
    if parameters is None:
        return None
    return ForecastReason(
        model=MODEL,
        model_version=run.model_version,
        parameters={"r": parameters.r, "alpha": parameters.alpha, "a": parameters.a, "b": parameters.b},
        x=score.transaction_days - 1,
        t_x=(score.last_day - score.first_day).days / 7,
        T=(run.observed_until - score.first_day).days / 7,
        horizon_weeks=run.horizon_weeks,
        expected_purchases=score.expected_purchases,
        probability_alive=score.probability_alive,
    )
