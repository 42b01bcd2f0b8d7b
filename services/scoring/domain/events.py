"""What scoring records: runs, their frozen edges, the model's fits, and each customer's changes that matter."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from services.scoring.domain.activity_class import Activity
from services.scoring.domain.findings import Concentration, Edges, Fit
from services.scoring.domain.pyramid import Rule, Tier

# --- stream run-<id> -------------------------------------------------------


class Cause(Struct, frozen=True, omit_defaults=True):
    """Contact merged `customer_id` into `into`, or took that back: what was decided about either is decided anew.

    `event` is the merge's or the undo's own name in contact's log.
    """

    event: str
    merge_id: str
    customer_id: UUID
    into: UUID
    undone: bool = False


class RunRequested(Struct, frozen=True, omit_defaults=True):
    """Customers are to be scored, as of the end of `observed_until` (None: the last day known).

    Without `because` it is about everyone, else about those whom the cause concerns.
    """

    run_id: UUID
    observed_until: date | None = None
    because: Cause | None = None


class EdgesFrozen(Struct, frozen=True, omit_defaults=True):
    """From here on the run is decided: the edges, the model's fit, and the concentration that it found.

    `other_currencies`: how many customers' purchases in each other currency were left out.
    `model_version`: the version of the model's stream at which `model` stands.
    `because`: what the run is about, also on behalf of the runs that joined it; everyone where there is nothing.
    """

    run_id: UUID
    observed_until: date
    currency: str
    customers: int
    other_currencies: Mapping[str, int]
    edges: Edges
    rule: Rule
    model: Fit
    model_version: int
    horizon_weeks: int
    concentration: Concentration
    because: tuple[Cause, ...] = ()


class RunCompleted(Struct, frozen=True):
    """Every customer has been scored: how many changed, how many are in each tier, and what those brought."""

    run_id: UUID
    changed: int
    tiers: Mapping[Tier, int]
    revenue: Mapping[Tier, Decimal]


class RunFailed(Struct, frozen=True):
    """The run can't be done; `reason` says why."""

    run_id: UUID
    reason: str


class RunJoined(Struct, frozen=True):
    """The run `into`, which had begun to be carried out, does what this one was asked for."""

    run_id: UUID
    into: UUID


RunEvent = RunRequested | EdgesFrozen | RunCompleted | RunFailed | RunJoined

# --- stream model-<name> ---------------------------------------------------


class ModelFitted(Struct, frozen=True):
    """A run fitted the model. Only a good fit is used; the others are kept to show why it wasn't."""

    model: str
    run_id: UUID
    observed_until: date
    currency: str
    fit: Fit


# --- stream score-<customer id> --------------------------------------------


class CustomerScored(Struct, frozen=True, omit_defaults=True):
    """A customer's score after a run in which something that matters changed; `reason` says why the tier is what it is.

    It holds what it was computed from, so that with the run's edges and model it can be computed again.
    `value` is what the customer paid in `currency`, net of refunds. `members`: the other customers whom this one
    stood for, whose purchases count here. `because`: the merges or undos, events of contact, for whose sake the
    decision was taken anew.
    """

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
    purchases: int
    transaction_days: int
    first_day: date
    last_day: date
    expected_purchases: float | None
    probability_alive: float | None
    reason: str
    members: tuple[UUID, ...] = ()
    because: tuple[str, ...] = ()


# --- stream activity-<customer id> -----------------------------------------


class PurchaseNoticed(Struct, frozen=True):
    """The customer bought something on a day of which nothing (or something later) was known; the class stays."""

    customer_id: UUID
    purchased_at: datetime


class ActivityChanged(Struct, frozen=True):
    """The customer's class by activity changed, by a purchase (`purchased_at`) or by time alone (None).

    `since`: when the class began by event time, as far as was known; `falls_at`: when it ends unless they buy.
    `purchase_days`: how many there were within each window (days -> number), counted at `judged_at`.
    """

    customer_id: UUID
    before: Activity | None
    after: Activity
    since: datetime
    falls_at: datetime | None
    purchase_days: Mapping[str, int]
    judged_at: datetime
    purchased_at: datetime | None
    reason: str


ActivityEvent = PurchaseNoticed | ActivityChanged
