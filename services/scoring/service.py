"""Scoring: what each customer is worth, and why."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from services.scoring.adapters.run_scoring import RunScoring
from services.scoring.api import activity, portfolio, runs, scores
from services.scoring.contracts.merges import MERGES
from services.scoring.contracts.published import PUBLISHED
from services.scoring.domain.activity import ACTIVITY
from services.scoring.policies.merges import RESCORING
from services.scoring.policies.purchases import PURCHASES
from services.scoring.settings import ScoringSettings
from services.scoring.views.activity import ACTIVITY_VIEW
from services.scoring.views.customer_value import CUSTOMER_VALUE
from services.scoring.views.evidence import EVIDENCE
from services.scoring.views.runs import RUNS
from services.scoring.views.scores import SCORES
from shared.service import Part, Service, Surroundings


def parts(at: Surroundings) -> Mapping[str, Part]:
    """Return the part of the worker that carries out scoring runs."""
    own = cast("ScoringSettings", at.settings)
    return {"runs": RunScoring(at.pool, at.store, own.currency, own.rule, at.clock, at.wakeup).run}


SERVICE = Service(
    name="scoring",
    title="Scoring",
    summary="What each customer is worth, and why.",
    settings=ScoringSettings,
    publishes=PUBLISHED,
    folder=Path(__file__).parent,
    views=(CUSTOMER_VALUE, EVIDENCE, SCORES, RUNS, ACTIVITY_VIEW),
    views_version=2,
    deciders=(ACTIVITY,),
    merges=MERGES,
    policies=lambda _: (PURCHASES, RESCORING),
    routes=(runs.router, scores.router, activity.router, portfolio.router),
    parts=parts,
)
