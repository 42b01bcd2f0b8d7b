"""Simulations: ask what would have been, see how far it is and what came of it, call it off."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from msgspec import structs

from services.loyalty.adapters.waiting_simulations import waiting
from services.loyalty.api.access import Reading, Writing
from services.loyalty.api.simulation_answers import SimulationAnswer, SimulationDraft, simulation_body
from services.loyalty.api.staff import must_be_staff
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.reading import document_of
from services.loyalty.domain.what_if.alternative import alternative_of
from services.loyalty.domain.what_if.asked import Asked
from services.loyalty.domain.what_if.simulation import SIMULATION, Cancel, Request, must_be_playable
from services.loyalty.views.simulations import SIMULATIONS
from shared.errors import Invalid, Missing, Rejected
from shared.http import Answer, At, Call, Listing, described, documented

router = APIRouter(prefix="/v1/simulations", tags=["simulations"])

SIMULATION_LIST = Listing(
    SIMULATIONS, ("programme_id", "status", "requested_at", "ended_at"), ("-requested_at", "requested_at")
)

MOST_WAITING = 20
"""Simulations that may wait, or run, at once: they are carried out one after the other."""


@router.post("", status_code=202, response_model=SimulationAnswer, responses=documented(404))
async def request_simulation(draft: SimulationDraft, call: Writing) -> Response:
    """Ask what would have been under other rules or tiers. A worker plays it; Location says where to see how it goes.

    Faults of the document or the patch are told at once, by JSON pointer. Nothing live is touched.
    """
    must_be_staff(call)
    asked = await _asked(draft, call)
    if len(await waiting(call.kit.pool)) >= MOST_WAITING:
        raise Rejected("simulations-waiting", f"{MOST_WAITING} simulations wait already. Come again, or cancel one.")
    simulation_id = call.new_id()

    def answer(outcome: Any) -> Answer:
        headers = {"Location": f"/v1/simulations/{simulation_id}"}
        return Answer(simulation_body(simulation_id, outcome.state), 202, headers)

    stream, command = SIMULATION.stream(simulation_id), Request(simulation_id, asked, call.now)
    return await call.handle(SIMULATION, stream, command, subject=stream, answer=answer, fresh=True)


@router.get("", responses=documented(404), openapi_extra=described(SIMULATION_LIST))
async def list_simulations(call: Reading) -> Response:
    """List the simulations, the newest first."""
    must_be_staff(call)
    return await SIMULATION_LIST.page(call)


@router.get("/{simulation_id}", response_model=SimulationAnswer, responses=documented(304, 404))
async def show_simulation(simulation_id: UUID, call: Reading, at: At) -> Response:
    """Show how far a simulation is, or was at a moment, and what came of it: that is kept for ever."""
    must_be_staff(call)
    loaded = await call.load_at(SIMULATION, SIMULATION.stream(simulation_id), at)
    if loaded.state.requested is None:
        raise Missing("simulation-unknown", "There is no such simulation.")
    return call.answer(simulation_body(simulation_id, loaded.state), version=loaded.version)


@router.post(
    "/{simulation_id}/cancellation", status_code=201, response_model=SimulationAnswer, responses=documented(200, 404)
)
async def cancel_simulation(simulation_id: UUID, call: Writing) -> Response:
    """Call it off: within a second nothing of it runs any more. One that is over can't be called off."""
    must_be_staff(call)

    def answer(outcome: Any) -> Answer:
        return Answer(simulation_body(simulation_id, outcome.state), 201 if outcome.events else 200)

    stream = SIMULATION.stream(simulation_id)
    return await call.handle(SIMULATION, stream, Cancel(simulation_id), subject=stream, answer=answer)


async def _asked(draft: SimulationDraft, call: Call) -> Asked:
    """Return what is asked for, checked against the programme. Raises Invalid with pointers into the body."""
    asked = Asked(draft.programme_id, draft.since, draft.until, None, draft.patch, draft.members)
    if draft.document is not None and draft.patch is not None:
        raise Invalid([("patch", "stands beside a whole document: give one of them")])
    must_be_playable(asked, call.now)
    loaded = await call.load(PROGRAMME, PROGRAMME.stream(draft.programme_id))
    if not loaded.version:
        raise Invalid([("programme_id", "is no published programme")])
    try:
        if draft.document is not None:
            asked = structs.replace(asked, document=document_of(draft.document))
        alternative_of(asked, loaded.state, call.now)
    except Invalid as invalid:
        part = "patch" if draft.document is None else "document"
        named = [(f"{part}{at}" if at.startswith("/") else at or part, says) for at, says in invalid.problems]
        raise Invalid(named) from None
    return asked
