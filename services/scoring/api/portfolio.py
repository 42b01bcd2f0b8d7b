"""The portfolio as the newest completed run found it, and the model behind the forecasts."""

from fastapi import APIRouter, Response

from services.scoring.adapters.readings import latest_run
from services.scoring.api.access import Reading, must_see_all
from services.scoring.api.answers import (
    ConcentrationAnswer,
    ModelAnswer,
    PyramidAnswer,
    concentration_answer,
    model_answer,
    pyramid_answer,
)
from services.scoring.domain.events import EdgesFrozen, RunCompleted
from services.scoring.domain.findings import MODEL
from services.scoring.domain.model import MODELS
from services.scoring.domain.run import RUN
from shared.errors import Missing
from shared.http import Call, documented

router = APIRouter(prefix="/v1", tags=["portfolio"])


@router.get("/portfolio/pyramid", response_model=PyramidAnswer, responses=documented(404))
async def show_pyramid(call: Reading) -> Response:
    """Show the value pyramid: customers, revenue and edge of each tier."""
    return call.answer(pyramid_answer(*await _newest(call)))


@router.get("/portfolio/concentration", response_model=ConcentrationAnswer, responses=documented(404))
async def show_concentration(call: Reading) -> Response:
    """Show how much of the revenue the best customers bring: shares, Gini, Lorenz curve."""
    frozen, _ = await _newest(call)
    return call.answer(concentration_answer(frozen))


@router.get(f"/models/{MODEL}", response_model=ModelAnswer, responses=documented(404))
async def show_model(call: Reading) -> Response:
    """Show the newest fit of BG/NBD. The ETag is its version."""
    must_see_all(call)
    loaded = await call.load(MODELS, MODELS.stream(MODEL))
    if loaded.state.latest is None:
        raise Missing("not-fitted", "No run has fitted the model yet: ask for a run.")
    return call.answer(model_answer(loaded.state.latest, loaded.version), version=loaded.version)


async def _newest(call: Call) -> tuple[EdgesFrozen, RunCompleted]:
    must_see_all(call)
    run_id = await latest_run(call.kit.pool)
    run = (await call.load(RUN, RUN.stream(run_id))).state if run_id else None
    if run is None or run.frozen is None or run.completed is None:
        raise Missing("no-run", "No run has been completed yet: ask for one with POST /v1/runs.")
    return run.frozen, run.completed
