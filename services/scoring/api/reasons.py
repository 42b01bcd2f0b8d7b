"""Why a score is what it is: the arithmetic with its numbers, and the events that they come from."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field

from services.scoring.domain.events import CustomerScored, EdgesFrozen
from services.scoring.domain.findings import MODEL, Parameters
from services.scoring.domain.model import MODELS
from services.scoring.domain.pyramid import EDGED, Tier
from services.scoring.domain.run import RUN
from services.scoring.domain.spending import Day, money, totals
from services.scoring.views.evidence import EvidenceRow
from shared.store.contract import Recorded

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
    service: str = "contact"
    customer_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    amount: Decimal


class Spending(BaseModel):
    """What the purchases and refunds come to, as they count at the moment that was asked about."""

    value: Decimal
    purchases: int
    transaction_days: int
    first_day: date | None
    last_day: date | None


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
    members: list[UUID] = Field(description="The other customers whose purchases were counted.")
    because: list[str] = Field(
        description="Scoring's own events: the score, the run that made it, the model's fit;"
        " and the merges or undos of contact for whose sake it was decided."
    )
    scored_at: datetime
    run_id: UUID
    as_of: date
    arithmetic: Arithmetic
    spending: Spending
    events: list[EventReason] = Field(description="The purchases and refunds of contact, the newest first.")
    events_complete: bool = Field(
        description="Whether these are all of them, and still come to the value that was scored."
    )


class Facts(NamedTuple):
    """The purchases and refunds behind a score: all of them by day, and the newest one by one, of which `most` fit."""

    days: Sequence[Day]
    rows: Sequence[EvidenceRow]
    most: int


def why_answer(recorded: Recorded, run: EdgesFrozen, facts: Facts) -> dict[str, Any]:
    """Return the reasons of a recorded score as JSON."""
    score: CustomerScored = recorded.event
    counted = _spending(facts.days, run, score.currency)
    fit = f"{MODELS.stream(MODEL)}@{run.model_version}"
    return WhyAnswer(
        customer_id=score.customer_id,
        members=list(score.members),
        because=[recorded.id, f"{RUN.stream(run.run_id)}@{FROZEN_AT}", fit, *score.because],
        scored_at=recorded.recorded_at,
        run_id=run.run_id,
        as_of=run.observed_until,
        arithmetic=_arithmetic(score, run),
        spending=counted,
        events=[EventReason(**_shown(row)) for row in facts.rows[: facts.most]],
        events_complete=len(facts.rows) <= facts.most and counted.value == score.value,
    ).model_dump(mode="json")


def _spending(days: Sequence[Day], run: EdgesFrozen, currency: str) -> Spending:
    units, purchases, transaction_days, first, last = totals(days, run.observed_until.toordinal())
    first_day, last_day = (None if day is None else date.fromordinal(day) for day in (first, last))
    return Spending(
        value=money(units, currency),
        purchases=purchases,
        transaction_days=transaction_days,
        first_day=first_day,
        last_day=last_day,
    )


def _shown(row: EvidenceRow) -> dict[str, Any]:
    return {
        "event": row.event_id,
        "customer_id": row.customer_id,
        "occurred_at": row.occurred_at,
        "recorded_at": row.recorded_at,
        "amount": row.amount,
    }


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
