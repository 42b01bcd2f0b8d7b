"""Scoring: what each customer is worth, and why."""

from collections.abc import Mapping
from pathlib import Path

from services.scoring import api
from services.scoring.contracts.published import PUBLISHED
from services.scoring.settings import ScoringSettings
from services.scoring.views.customer_value import CUSTOMER_VALUE
from services.scoring.views.runs import RUNS
from services.scoring.views.scores import SCORES
from shared.service import Part, Service, Surroundings


def parts(at: Surroundings) -> Mapping[str, Part]:
    """Return the part of the worker that carries out scoring runs."""
    from services.scoring.adapters.run_scoring import RunScoring  # keeps SciPy out of API processes

    currency = at.settings.currency if isinstance(at.settings, ScoringSettings) else "USD"
    return {"runs": RunScoring(at.pool, at.store, currency, at.clock, at.wakeup).run}


SERVICE = Service(
    name="scoring",
    title="Scoring",
    summary="What each customer is worth, and why.",
    settings=ScoringSettings,
    publishes=PUBLISHED,
    folder=Path(__file__).parent,
    views=(CUSTOMER_VALUE, SCORES, RUNS),
    routes=(api.runs.router, api.scores.router, api.portfolio.router),
    parts=parts,
)
