"""Redemptions: a member asks for a reward; whoever delivers it says how it went; anyone may call it off in time."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Response

from services.loyalty.api.access import Reading, Writing
from services.loyalty.api.deciding import Deciding
from services.loyalty.api.promises import judging_of, promised_in
from services.loyalty.api.reward_drafts import EndDraft, FulfilmentDraft, RedemptionDraft
from services.loyalty.api.sharing import sharing_of
from services.loyalty.api.staff import must_be_staff
from services.loyalty.api.watched import by_programme, watched, watching_of
from services.loyalty.domain.abuse.acts import Act, Kind
from services.loyalty.domain.codes.batch import BATCH, batch_of, name_of
from services.loyalty.domain.codes.code import CODE
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.pools.process import Sharing
from services.loyalty.domain.redeeming import process
from services.loyalty.domain.redeeming.allowance import ALLOWANCE
from services.loyalty.domain.redeeming.points import name_of as name_of_points
from services.loyalty.domain.redeeming.redemption import Redemption, Status
from services.loyalty.domain.redeeming.standing import REDEMPTION, existing
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.reward import Reward
from services.loyalty.domain.streams import Streams
from services.loyalty.policies.tiers import price_of, tier_streams
from services.loyalty.policies.watching import look
from services.loyalty.views.redemptions import REDEMPTIONS
from shared.errors import Missing
from shared.http import Answer, At, Call, Listing, described, documented
from shared.http.consistency import token_of
from shared.policies.work import WorkingSet

router = APIRouter(prefix="/v1", tags=["redemptions"])

REDEMPTION_LIST = Listing(
    REDEMPTIONS,
    ("customer_id", "reward_id", "status", "partner", "points", "points_currency", "made_at", "expires_at", "ended_at"),
    ("-made_at", "made_at", "expires_at", "-ended_at"),
)


@router.post("/members/{customer_id}/redemptions", status_code=201, responses=documented(200, 404))
async def redeem_reward(customer_id: UUID, draft: RedemptionDraft, call: Writing) -> Response:
    """Redeem a reward: its points, one of it and, of a voucher, a code, all or nothing. Once for each redemption id.

    The points are the member's, or those of the pool that is named, of which they are a member.
    """
    call.must_see(customer_id)
    redemption_id = draft.redemption_id or call.new_id()
    members = (await call.kit.groups.group(str(customer_id))).members
    sharing = await sharing_of(call, draft.pool_id) if draft.pool_id else None
    judging, watching = judging_of(call), watching_of(call, customer_id, members)
    accounts = _accounts(members, sharing)
    line = REWARD.stream(draft.reward_id)
    needed = _needed(judging.programme, members, await _reward(call, draft.reward_id))
    streams = (line, REDEMPTION.stream(redemption_id), *accounts, *needed, *watching.streams)

    def decide(work: WorkingSet) -> Answer:
        promises = judging.promises(work, str(customer_id))
        price, declared = price_of(work, promises, members, call.now), promises.at(call.now).declared()
        who = (redemption_id, customer_id, draft.reward_id, members, call.now, price.tier, declared)
        asked = process.Asked(*who, sharing=sharing, price_factor=price.factor)
        answer = _decided(call, work, redemption_id, lambda streams: process.redeem(streams, asked), 201)
        acting = by_programme(watching, promises)
        if answer.status == 201 and acting.programme:
            points = existing(work.state(REDEMPTION, REDEMPTION.stream(redemption_id))).made.points
            look(work, acting, Act(Kind.REDEMPTION, name_of_points(redemption_id), call.now, points), call.context())
        return answer

    return await watched(call, lambda: call.work(streams, decide, personal=accounts, line=line))


def _accounts(members: Sequence[str], sharing: Sharing | None) -> list[str]:
    """Return the accounts whose points may be taken: those of all who are one, and of a pool's members."""
    pooled = (owner for ids in sharing.groups.values() for owner in ids) if sharing else ()
    return [ACCOUNT.stream(owner) for owner in dict.fromkeys((*members, *pooled))]


def _needed(programme: str, members: Sequence[str], reward: Reward) -> list[str]:
    """Return what price and limit are found by, as far as it can be told before; the rest is read when asked for."""
    limited = reward.offer is not None and reward.offer.limit is not None
    limits = [ALLOWANCE.stream(member) for member in members] if limited else []
    return [*limits, *(stream for member in members for stream in tier_streams(programme, member))]


async def _reward(call: Call, reward_id: str) -> Reward:
    """Return a reward as this process knows it, or brings it from its snapshot: many may have redeemed it."""
    stream = REWARD.stream(reward_id)
    known = call.kit.handler.known(stream) or await call.load(REWARD, stream, subject=stream)
    found: Reward = known.state
    return found


@router.get("/redemptions", openapi_extra=described(REDEMPTION_LIST))
async def list_redemptions(call: Reading) -> Response:
    """List redemptions, the newest first: those of one member by `filter[customer_id]`."""
    return await REDEMPTION_LIST.page(call)


@router.get("/redemptions/{redemption_id}", responses=documented(304, 404))
async def show_redemption(redemption_id: UUID, call: Reading, at: At) -> Response:
    """Show a redemption as it is, or was at a moment, with its code where it gave one."""
    stream = REDEMPTION.stream(redemption_id)
    now = existing((await call.load(REDEMPTION, stream)).state)
    call.must_see(now.made.customer_id)
    loaded = await call.load_at(REDEMPTION, stream, at)
    redemption = existing(loaded.state)
    code = await _code(call, redemption) if redemption.status(at.now) is Status.FULFILLED else None
    return call.answer(redemption_body(redemption, at.now, code), version=loaded.version)


@router.post("/redemptions/{redemption_id}/fulfilment", status_code=201, responses=documented(200, 404))
async def fulfil_redemption(redemption_id: UUID, draft: FulfilmentDraft, call: Writing) -> Response:
    """Say that the member has it: what was reserved is theirs."""
    must_be_staff(call)
    return await _step(call, redemption_id, lambda on: process.fulfil(on, redemption_id, call.now, draft.reference))


@router.post("/redemptions/{redemption_id}/failure", status_code=201, responses=documented(200, 404))
async def fail_redemption(redemption_id: UUID, draft: EndDraft, call: Writing) -> Response:
    """Say that it can't be delivered: points go back to their lots, and stock to the shelf."""
    must_be_staff(call)
    return await _step(call, redemption_id, lambda on: process.fail(on, redemption_id, call.now, draft.reason))


@router.post("/redemptions/{redemption_id}/cancellation", status_code=201, responses=documented(200, 404))
async def cancel_redemption(redemption_id: UUID, draft: EndDraft, call: Writing) -> Response:
    """Call it off: points and stock go back. A member's own token can as long as nobody has delivered."""

    def cancel(on: Streams) -> Any:
        who = existing(on.state(REDEMPTION, redemption_id)).made.customer_id
        lapse = promised_in(call, on, who).at(call.now).policies.lapse
        return process.cancel(on, redemption_id, call.now, draft.reason, lapse)

    return await _step(call, redemption_id, cancel)


async def _step(call: Call, redemption_id: UUID, step: Callable[[Streams], Any]) -> Response:
    stream = REDEMPTION.stream(redemption_id)
    known = existing((await call.load(REDEMPTION, stream)).state)
    _must_reach(call, known)
    accounts = [ACCOUNT.stream(owner) for owner in known.made.owners]
    streams = (stream, REWARD.stream(known.made.reward_id), *accounts)

    def decide(work: WorkingSet) -> Answer:
        _must_reach(call, existing(work.state(REDEMPTION, stream)))
        return _decided(call, work, redemption_id, step, 201)

    await _reward(call, known.made.reward_id)
    return await call.work(streams, decide, personal=(stream,), line=REWARD.stream(known.made.reward_id))


def _must_reach(call: Call, known: Redemption) -> None:
    """Raise Missing where a customer's own token has nothing to do with it, or no longer."""
    call.must_see(known.made.customer_id)
    if known.booked is Status.FULFILLED:
        must_be_staff(call)


def _decided(call: Call, work: WorkingSet, redemption_id: UUID, step: Callable[[Streams], Any], status: int) -> Answer:
    streams = Deciding(work, call.context())
    events = step(streams)
    redemption = existing(streams.state(REDEMPTION, redemption_id))
    name = process.code_name(streams, redemption.made) if redemption.booked is Status.FULFILLED else None
    loaded = streams.state(CODE, name).loaded if name else None
    stream = REDEMPTION.stream(redemption_id)
    headers = {
        "Location": f"/v1/redemptions/{redemption_id}",
        "Consistency-Token": token_of(stream, work.version(stream)),
    }
    body = redemption_body(redemption, call.now, loaded.code_text if loaded else None)
    return Answer(body, status if events else 200, headers)


async def _code(call: Call, redemption: Redemption) -> str | None:
    """Return the code, sealed: an answer reveals it."""
    made = redemption.made
    if made.number is None:
        return None
    reward = (await call.load(REWARD, REWARD.stream(made.reward_id))).state
    key = batch_of(made.reward_id, reward.firsts, made.number)
    batch = (await call.load(BATCH, BATCH.stream(key))).state
    loaded = (await call.load(CODE, CODE.stream(name_of(batch, made.number)))).state.loaded
    if loaded is None:
        raise Missing("code-unknown", "The redemption's code isn't there.")
    return loaded.code_text


def redemption_body(redemption: Redemption, now: Any, code: str | None) -> dict[str, Any]:
    """Return a redemption as it is at the moment."""
    made = msgspec.structs.asdict(redemption.made)
    hidden = ("owners", "number", "limited")
    return {
        **{name: value for name, value in made.items() if name not in hidden},
        "status": redemption.status(now),
        "reference": redemption.reference,
        "code": code,
    }
