"""The portfolio: the value pyramid, the concentration, and the model, as the latest completed run found them."""

from typing import Annotated

from fastapi import APIRouter, Response
from sqlalchemy import select

from services.scoring.domain.run import RUN, Run
from services.scoring.views.runs import RUNS
from shared.errors import Missing
from shared.http import Call, documented, scope
from shared.views.query import compiled

router = APIRouter(prefix="/v1", tags=["portfolio"])

_RUNS = RUNS.table.c
LATEST = select(_RUNS.run_id).where(_RUNS.status == "completed").order_by(_RUNS.ended_at.desc()).limit(1)


async def _latest(call: Call) -> Run:
    statement, arguments = compiled(LATEST)
    run_id = await call.kit.pool.fetchval(statement, *arguments)
    if run_id is None:
        raise Missing("no-run-yet", "No run has completed yet. Ask for one with POST /v1/runs.")
    return (await call.load(RUN, RUN.stream(run_id))).state


@router.get("/portfolio/pyramid", responses=documented(404))
async def show_pyramid(call: Annotated[Call, scope("scoring:read")]) -> Response:
    """Show how many customers are in each tier, and the edges."""
    run = await _latest(call)
    return call.answer(
        {
            "run_id": run.requested and run.requested.run_id,
            "tiers": run.completed and run.completed.tiers,
            "edges": run.frozen and run.frozen.edges.tiers,
            "currency": run.frozen and run.frozen.currency,
        }
    )


@router.get("/portfolio/concentration", responses=documented(404))
async def show_concentration(call: Annotated[Call, scope("scoring:read")]) -> Response:
    """Show the Gini coefficient, the share of revenue of the best customers, and the Lorenz curve."""
    run = await _latest(call)
    return call.answer(
        {
            "run_id": run.requested and run.requested.run_id,
            "customers": run.frozen and run.frozen.customers,
            "concentration": run.frozen and run.frozen.concentration,
        }
    )


@router.get("/models/bg-nbd", responses=documented(404))
async def show_model(call: Annotated[Call, scope("scoring:read")]) -> Response:
    """Show the BG/NBD fit: parameters, log-likelihood, status and condition."""
    run = await _latest(call)
    return call.answer(
        {
            "run_id": run.requested and run.requested.run_id,
            "observed_until": run.frozen and run.frozen.observed_until,
            "fit": run.frozen and run.frozen.model,
        }
    )
