"""What the API gives out about runs, the portfolio, and the model."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field

from services.scoring.domain.events import EdgesFrozen, ModelFitted, RunCompleted
from services.scoring.domain.findings import Basis, FitStatus
from services.scoring.domain.pyramid import Tier
from services.scoring.domain.run import Run


class FailureAnswer(BaseModel):
    """Why a run came to nothing."""

    reason: str


class RunAnswer(BaseModel):
    """A run: how far it has come, and what it has found by now."""

    run_id: UUID
    status: Literal["running", "completed", "failed"] = Field(description="Of a run that joined another: that one's.")
    observed_until: date | None
    frozen: dict[str, Any] | None = Field(description="The edges, the rule, the model and the concentration.")
    completed: dict[str, Any] | None = Field(description="Scores changed; customers and revenue by tier.")
    failed: FailureAnswer | None
    because: dict[str, Any] | None = Field(description="The merge or its undo that asked for it; null: about everyone.")
    joined_into: UUID | None = Field(description="The run that did this one's work together with its own.")


class _Found(BaseModel):
    run_id: UUID
    as_of: date
    currency: str
    customers: int


class PyramidAnswer(_Found):
    """The value pyramid, by tier."""

    tiers: dict[Tier, int] = Field(description="Customers in each tier.")
    edges: dict[Tier, float] = Field(description="The least value of each tier; lead has none.")
    revenue: dict[Tier, Decimal]
    share_of_revenue: dict[Tier, float]


class Shares(BaseModel):
    """How unequal customers are."""

    gini: float
    top: dict[str, float] = Field(description="Share of customers -> the share of revenue that the best of them bring.")
    lorenz: list[float] = Field(description="101 points of the Lorenz curve, from the worst customer on.")


class ConcentrationAnswer(_Found):
    """How much of the revenue the best customers bring."""

    concentration: Shares


class FitAnswer(BaseModel):
    """A fit, and what is needed to trust it or not."""

    status: FitStatus
    parameters: dict[str, float] | None = Field(description="r, alpha, a and b; time in weeks.")
    log_likelihood: float | None
    condition: float | None = Field(description="Of the Hessian in the logarithms of the parameters.")
    customers: int
    repeat_buyers: int
    basis: Basis = Field(description="pooled: this currency had too little to fit, so all currencies' customers were.")


class ModelAnswer(BaseModel):
    """The model's newest fit, and whether customers get forecasts by it."""

    model: str
    version: int
    usable: bool
    run_id: UUID
    observed_until: date
    currency: str
    fit: FitAnswer


def run_answer(run_id: UUID, run: Run, leader: Run | None = None) -> dict[str, Any]:
    """Return the run as JSON; `leader` is the run that it joined."""
    status = (leader or run).status
    requested = run.requested.observed_until if run.requested else None
    return RunAnswer(
        run_id=run_id,
        status="running" if status == "joined" else status,
        observed_until=run.frozen.observed_until if run.frozen else requested,
        frozen=msgspec.to_builtins(run.frozen),
        completed=msgspec.to_builtins(run.completed),
        failed=FailureAnswer(reason=run.failed.reason) if run.failed else None,
        because=msgspec.to_builtins(run.requested.because) if run.requested else None,
        joined_into=run.joined.into if run.joined else None,
    ).model_dump(mode="json")


def pyramid_answer(frozen: EdgesFrozen, completed: RunCompleted) -> dict[str, Any]:
    """Return the pyramid of a completed run as JSON."""
    whole = sum(completed.revenue.values(), Decimal(0))
    return PyramidAnswer(
        **_found(frozen),
        tiers=dict(completed.tiers),
        edges=dict(frozen.edges.tiers),
        revenue=dict(completed.revenue),
        share_of_revenue={tier: float(part / whole) if whole else 0.0 for tier, part in completed.revenue.items()},
    ).model_dump(mode="json")


def concentration_answer(frozen: EdgesFrozen) -> dict[str, Any]:
    """Return the concentration that a run found as JSON."""
    shares = Shares(**msgspec.to_builtins(frozen.concentration))
    return ConcentrationAnswer(**_found(frozen), concentration=shares).model_dump(mode="json")


def model_answer(latest: ModelFitted, version: int) -> dict[str, Any]:
    """Return the model as JSON; `version` is its stream's, that of the latest fit."""
    return ModelAnswer(
        model=latest.model,
        version=version,
        usable=latest.fit.usable is not None,
        run_id=latest.run_id,
        observed_until=latest.observed_until,
        currency=latest.currency,
        fit=FitAnswer(**msgspec.to_builtins(latest.fit)),
    ).model_dump(mode="json")


def _found(frozen: EdgesFrozen) -> dict[str, Any]:
    return {
        "run_id": frozen.run_id,
        "as_of": frozen.observed_until,
        "currency": frozen.currency,
        "customers": frozen.customers,
    }
