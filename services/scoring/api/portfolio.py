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
from shared.http import At, Call, documented
from shared.store.contract import Moment

router = APIRouter(prefix="/v1", tags=["portfolio"])


@router.get("/portfolio/pyramid", response_model=PyramidAnswer, responses=documented(404))
async def show_pyramid(call: Reading, at: At) -> Response:
    """Show the value pyramid: customers, revenue and edge of each tier."""
    return call.answer(pyramid_answer(*await _newest(call, at)))


@router.get("/portfolio/concentration", response_model=ConcentrationAnswer, responses=documented(404))
async def show_concentration(call: Reading, at: At) -> Response:
    """Show how much of the revenue the best customers bring: shares, Gini, Lorenz curve."""
    frozen, _ = await _newest(call, at)
    return call.answer(concentration_answer(frozen))


@router.get(f"/models/{MODEL}", response_model=ModelAnswer, responses=documented(304, 404))
async def show_model(call: Reading, at: At) -> Response:
    """Show the newest fit of BG/NBD. The ETag is its version."""
    must_see_all(call)
    loaded = await call.load_at(MODELS, MODELS.stream(MODEL), at)
    if loaded.state.latest is None:
        raise Missing("not-fitted", "No run has fitted the model yet: ask for a run.")
    return call.answer(model_answer(loaded.state.latest, loaded.version), version=loaded.version)


async def _newest(call: Call, at: Moment) -> tuple[EdgesFrozen, RunCompleted]:
    """Return what the latest run found that had been completed at the moment."""
    must_see_all(call)
    run_id = await latest_run(call.kit.pool, at)
    run = (await call.load_at(RUN, RUN.stream(run_id), at)).state if run_id else None
    if run is None or run.frozen is None or run.completed is None:
        raise Missing("no-run", "No run had been completed by then: ask for one with POST /v1/runs.")
    return run.frozen, run.completed
