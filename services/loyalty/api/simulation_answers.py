"""What the API takes in and gives out about simulations."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from msgspec import structs
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.domain.what_if.outcome import Outcome
from services.loyalty.domain.what_if.simulation import Simulation, Status
from shared.http.written import WRITTEN_NUMBER, Moment

DOUBLE_POINTS: dict[str, Any] = {
    "programme_id": "shop",
    "since": "1997-04-01T00:00:00Z",
    "until": "1997-07-01T00:00:00Z",
    "patch": {
        "earning": {"rules": {"double-points": {"on": ["purchase"], "effects": [{"type": "multiply", "by": "2"}]}}}
    },
}
Most = Annotated[int, Field(ge=0, le=100), WRITTEN_NUMBER]


class SimulationDraft(BaseModel):
    """What is to be played, and what is to count instead; without either, what really happened is told."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [DOUBLE_POINTS]})

    programme_id: str = Field(pattern="^[a-z][a-z0-9-]{0,31}$", description="The published programme.")
    since: Moment = Field(description="From when on facts are played.")
    until: Moment = Field(description="Before when: since <= time < until.")
    document: dict[str, Any] | None = Field(
        default=None, description="A whole programme that counts instead, as GET /v1/programme-schema describes it."
    )
    patch: dict[str, Any] | None = Field(
        default=None,
        description="A JSON merge patch (RFC 7396) of each version that counted within the period, where"
        ' `earning.rules` are by id: {"earning": {"rules": {"spring": null}}}.',
    )
    members: Most = Field(default=20, description="How many of the members most affected are named.")


class RuleSumAnswer(BaseModel):
    """What one rule gave in one currency."""

    times: int = Field(description="How many effects gave something.")
    desired: int = Field(description="What it wanted to give.")
    granted: int = Field(description="What caps and budgets let it give.")
    kept: int = Field(description="What is left of that after returns.")


class RuleAnswer(BaseModel):
    """A rule and a currency, really and simulated."""

    rule: str
    currency: str
    real: RuleSumAnswer
    simulated: RuleSumAnswer


class PointsAnswer(BaseModel):
    """Points of a currency after returns, really and simulated."""

    currency: str
    real: int
    simulated: int


class CountAnswer(BaseModel):
    """Members by tier at the end of the period, or points of a budget by its key."""

    key: str
    real: int
    simulated: int


class MoveAnswer(BaseModel):
    """Moves from one tier to another within the period."""

    before: str
    after: str
    reason: str
    real: int
    simulated: int


class MoneyAnswer(BaseModel):
    """What the points are expected to cost, and the liability for all points at the end of the period."""

    money: str
    cost: Decimal
    cost_simulated: Decimal
    liability: Decimal
    liability_simulated: Decimal


class MemberAnswer(BaseModel):
    """One of the members who are most affected."""

    customer_id: UUID
    points: list[PointsAnswer]
    tier: str
    tier_simulated: str


class OutcomeAnswer(BaseModel):
    """What really happened, and what would have."""

    accounts: int = Field(description="Accounts that were read.")
    members: int = Field(description="Members with a fact within the period.")
    facts: int
    gaining: int = Field(description="Members who would have more points of the main currency.")
    losing: int
    points: list[PointsAnswer]
    rules: list[RuleAnswer]
    budgets: list[CountAnswer]
    tiers: list[CountAnswer]
    moves: list[MoveAnswer]
    money: list[MoneyAnswer]
    affected: list[MemberAnswer]


class SimulationAnswer(BaseModel):
    """A simulation, how far it is, and what came of it."""

    simulation_id: UUID
    programme_id: str
    since: datetime
    until: datetime
    requested_at: datetime
    status: Status
    progress: float = Field(description="0 to 1; written down every few seconds.")
    reason: str | None = Field(description="Why it failed.")
    document: dict[str, Any] | None
    patch: dict[str, Any] | None
    outcome: OutcomeAnswer | None


def simulation_body(simulation_id: UUID, simulation: Simulation) -> dict[str, Any]:
    """Return a simulation as it is shown."""
    requested = simulation.requested
    asked = requested and requested.asked
    return {
        "simulation_id": simulation_id,
        "programme_id": asked and asked.programme_id,
        "since": asked and asked.since,
        "until": asked and asked.until,
        "requested_at": requested and requested.requested_at,
        "status": simulation.status,
        "progress": simulation.progress,
        "reason": simulation.reason or None,
        "document": asked and asked.document,
        "patch": asked and asked.patch,
        "outcome": simulation.outcome and outcome_body(simulation.outcome),
    }


def outcome_body(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as it is shown: every field, also those that say nothing."""
    affected = [structs.asdict(member) for member in outcome.affected]
    return {**structs.asdict(outcome), "affected": affected}
