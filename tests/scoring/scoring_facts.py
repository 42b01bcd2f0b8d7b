"""One run and one customer, for the tests of scoring to start from."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import structs

from services.scoring.domain.events import EdgesFrozen
from services.scoring.domain.findings import Concentration, Edges, Fit, FitStatus, Parameters
from services.scoring.domain.pyramid import Rule, Tier
from services.scoring.domain.score import Measured

ANNA = UUID(int=9)
FIRST, SECOND, THIRD = UUID(int=101), UUID(int=102), UUID(int=103)
UNTIL = date(1998, 6, 30)

GOOD = Fit(FitStatus.GOOD, Parameters(0.243, 4.414, 0.793, 2.426), -9582.4, 165.0, 2357, 946)
NONE = Fit(FitStatus.TOO_FEW_REPEAT_BUYERS, None, None, None, 12, 3)

EDGES = Edges(
    {Tier.PLATINUM: 1000.0, Tier.GOLD: 400.0, Tier.IRON: 130.0},
    {1: 728_689.0, 5: 729_095.0},
    {1: 1.0, 5: 4.0},
    {1: 0.0, 5: 128.0},
)


def frozen(run_id: UUID, fit: Fit = GOOD) -> EdgesFrozen:
    """Return a run's frozen edges."""
    nothing = Concentration(0.5, {"0.01": 0.1}, (0.0, 1.0))
    return EdgesFrozen(run_id, UNTIL, "USD", 100, {}, EDGES, Rule(), fit, 1, 52, nothing)


def measured(**changes: Any) -> Measured:
    """Return what a run measured of Anna, with some of it changed."""
    usual = Measured(
        ANNA, 5, 5, 4, Decimal("200.00"), 5, 4, date(1997, 1, 4), date(1998, 5, 28), expected_purchases=2.2,
        probability_alive=0.94,
    )  # fmt: skip
    return structs.replace(usual, **changes)
