"""Runs: ask for all customers to be scored, and see how it ended."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.scoring.domain.run import RUN, RequestRun, Run
from services.scoring.views.runs import RUNS
from shared.errors import Missing
from shared.http import Answer, Call, Listing, documented, scope

router = APIRouter(prefix="/v1/runs", tags=["runs"])

RUN_LIST = Listing(RUNS, filters=("status", "requested_at"), sorts=("-requested_at", "requested_at"))


class RunDraft(BaseModel):
    """What a run looks at."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"observed_until": "1998-06-30"}]})

    observed_until: date | None = Field(
        default=None, description="The last day that counts; by default the last known."
    )


@router.put("/{run_id}", status_code=202, responses=documented(409, 422))
async def request_run_as(run_id: UUID, draft: RunDraft, call: Annotated[Call, scope("scoring:write")]) -> Response:
    """Ask for a run under an id that you chose. A worker carries it out, and a crash doesn't end it."""
    return await _request(run_id, draft, call)


@router.post("", status_code=202, responses=documented(409, 422))
async def request_run(draft: RunDraft, call: Annotated[Call, scope("scoring:write")]) -> Response:
    """Ask for a run. Answers 202 with its Location."""
    return await _request(call.new_id(), draft, call)


async def _request(run_id: UUID, draft: RunDraft, call: Call) -> Response:
    stream = RUN.stream(run_id)
    headers = {"Location": f"/v1/runs/{run_id}"}
    return await call.handle(
        RUN,
        stream,
        RequestRun(run_id, draft.observed_until),
        subject=stream,
        fresh=True,
        answer=lambda outcome: Answer({"run_id": run_id, "status": outcome.state.status}, 202, headers),
    )


@router.get("", responses=documented(422))
async def list_runs(call: Annotated[Call, scope("scoring:read")]) -> Response:
    """List runs, newest first."""
    return await RUN_LIST.page(call)


@router.get("/{run_id}", responses=documented(404))
async def show_run(run_id: UUID, call: Annotated[Call, scope("scoring:read")]) -> Response:
    """Show a run: its edges, the model's fit, the tiers that came out."""
    loaded = await call.load(RUN, RUN.stream(run_id))
    if loaded.state.requested is None:
        raise Missing("run-unknown", f"There is no run {run_id}.")
    return call.answer(_shown(run_id, loaded.state), version=loaded.version)


def _shown(run_id: UUID, run: Run) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "status": run.status,
        "frozen": run.frozen,
        "completed": run.completed,
        "failed": run.failed,
    }
