"""What scoring records: runs, the edges that they froze, and each customer's changes that matter."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from services.scoring.domain.bgnbd import Fit
from services.scoring.domain.concentration import Concentration
from services.scoring.domain.pyramid import Tier


class RunRequested(Struct, frozen=True):
    """Someone asked for all customers to be scored, as of the end of `observed_until` (None: the last day known)."""

    run_id: UUID
    observed_until: date | None = None


class Edges(Struct, frozen=True):
    """A run's frozen edges: the least value of each tier, and of each class of recency, frequency and money."""

    tiers: Mapping[Tier, float]
    recency: Mapping[int, float]
    frequency: Mapping[int, float]
    monetary: Mapping[int, float]


class EdgesFrozen(Struct, frozen=True):
    """From here on the run is decided: the edges, the model's fit, and the concentration that it found."""

    run_id: UUID
    observed_until: date
    currency: str
    customers: int
    edges: Edges
    model: Fit
    concentration: Concentration


class RunCompleted(Struct, frozen=True):
    """Every customer has been scored: how many changed, and how many are in each tier."""

    run_id: UUID
    changed: int
    tiers: Mapping[Tier, int]


class RunFailed(Struct, frozen=True):
    """The run can't be done; `reason` says why."""

    run_id: UUID
    reason: str


class CustomerScored(Struct, frozen=True):
    """A customer's score after a run in which something about it changed; `reason` says why the tier is what it is."""

    customer_id: UUID
    run_id: UUID
    tier: Tier
    previous_tier: Tier | None
    towards: Tier | None
    towards_runs: int
    recency: int
    frequency: int
    monetary: int
    value: Decimal
    currency: str
    expected_purchases: float | None
    probability_alive: float | None
    reason: str


RunEvent = RunRequested | EdgesFrozen | RunCompleted | RunFailed
