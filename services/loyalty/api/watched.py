"""What a limit of abuse refuses takes no effect, and is told in the log all the same, before it is answered."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from fastapi import Response
from msgspec import structs

from services.loyalty.api.promises import usual_programme
from services.loyalty.domain.abuse.proof import Proof
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.policies.watching import ActRefused, Watching, refused
from shared.errors import Conflict
from shared.handle import ATTEMPTS
from shared.http import Call
from shared.policies.work import WorkingSet


def watching_of(call: Call, customer_id: UUID, members: Sequence[str]) -> Watching:
    """Return who acts, with the proof that their token bears."""
    caller = call.caller
    at = None if caller.authenticated_at is None else datetime.fromtimestamp(caller.authenticated_at, UTC)
    return Watching(usual_programme(call), str(customer_id), tuple(members), Proof(caller.acr, caller.amr, at))


def by_programme(watching: Watching, promises: Promises) -> Watching:
    """Return who acts with the programme that they turned out to belong to."""
    return structs.replace(watching, programme=promises.programme_id)


async def watched(call: Call, ask: Callable[[], Awaitable[Response]]) -> Response:
    """Return what `ask` answers; what a limit refused is told in the log first, so that every decision is there."""
    try:
        return await ask()
    except ActRefused as told:
        await _tell(call, told)
        raise told.answer from None


async def _tell(call: Call, told: ActRefused) -> None:
    """Append what was refused, apart from what it would have changed."""
    accounts = [ACCOUNT.stream(member) for member in told.watching.members]
    for _ in range(ATTEMPTS):
        work = WorkingSet(call.kit.store, call.now, states=call.kit.handler)
        await work.load([*accounts, *told.watching.streams])
        await work.fetch_keys(accounts)
        await work.decide(refused, work, told, call.context())
        try:
            await work.commit()
        except Conflict:
            continue
        return
    raise Conflict(accounts)
