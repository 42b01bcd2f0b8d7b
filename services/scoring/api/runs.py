"""Runs: ask for one, see how it goes."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, ConfigDict, Field

from services.scoring.api.access import Reading, Writing, must_see_all
from services.scoring.api.answers import RunAnswer, run_answer
from services.scoring.domain.run import RUN, RequestRun
from services.scoring.views.runs import RUNS
from shared.errors import Missing
from shared.http import Answer, At, Call, Listing, described, documented
from shared.http.written import Day

router = APIRouter(prefix="/v1/runs", tags=["runs"])

RUN_LIST = Listing(RUNS, filters=("status", "requested_at"), sorts=("-requested_at", "requested_at"))


class RunDraft(BaseModel):
    """What to score."""

    model_config = ConfigDict(extra="forbid")

    observed_until: Day | None = Field(
        default=None, description="Score as of the end of this day, in UTC; left out: the last day with a purchase."
    )


Draft = Annotated[RunDraft | None, Body(examples=[{"observed_until": "1998-06-30"}])]


@router.post("", status_code=202, response_model=RunAnswer, responses=documented(409))
async def request_run(call: Writing, draft: Draft = None) -> Response:
    """Ask for all customers to be scored. A worker does it; Location says where to see how it goes."""
    must_see_all(call)
    return await _request(call, call.new_id(), draft or RunDraft(), 202)


@router.put("/{run_id}", status_code=202, response_model=RunAnswer, responses=documented(200, 409, 412))
async def put_run(run_id: UUID, call: Writing, draft: Draft = None) -> Response:
    """Ask for a run under an id that you chose, so that a retry can't ask for two: it answers 200."""
    must_see_all(call)
    return await _request(call, run_id, draft or RunDraft(), 200)


@router.get("", responses=documented(404), openapi_extra=described(RUN_LIST))
async def list_runs(call: Reading) -> Response:
    """List the runs, the newest first."""
    must_see_all(call)
    return await RUN_LIST.page(call)


@router.get("/{run_id}", response_model=RunAnswer, responses=documented(304, 404))
async def show_run(run_id: UUID, call: Reading, at: At) -> Response:
    """Show how far a run has come, or had come at a moment: running, completed or failed."""
    must_see_all(call)
    loaded = await call.load_at(RUN, RUN.stream(run_id), at)
    run = loaded.state
    if run.requested is None:
        raise Missing("run-unknown", "There is no such run.")
    if run.joined is None:
        return call.answer(run_answer(run_id, run), version=loaded.version)
    leader = await call.load_at(RUN, RUN.stream(run.joined.into), at)
    return call.answer(run_answer(run_id, run, leader.state))


async def _request(call: Call, run_id: UUID, draft: RunDraft, repeated: int) -> Response:
    def answer(outcome: Any) -> Answer:
        headers = {"Location": f"/v1/runs/{run_id}"}
        return Answer(run_answer(run_id, outcome.state), 202 if outcome.events else repeated, headers)

    stream = RUN.stream(run_id)
    command = RequestRun(run_id, draft.observed_until, call.now.date())
    return await call.handle(RUN, stream, command, subject=stream, answer=answer, fresh=True)
