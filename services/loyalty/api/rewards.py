"""The catalogue: publish, change, withdraw, show, list; with the price for a member who asks, or is named."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response

from services.loyalty.api.access import Reading, Writing
from services.loyalty.api.pricing import Wallet, price_body, wallet
from services.loyalty.api.promises import spendable_currency
from services.loyalty.api.reward_drafts import OfferDraft, RewardId
from services.loyalty.api.staff import must_be_staff
from services.loyalty.domain.rewards.commands import Command, Publish, Withdraw
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.offer import Offer
from services.loyalty.domain.rewards.offering import existing
from services.loyalty.domain.rewards.reward import Reward
from services.loyalty.views.rewards import REWARDS, RewardRow
from shared.http import Answer, At, Call, Listing, described, documented
from shared.http.moments import Asked

router = APIRouter(prefix="/v1/rewards", tags=["rewards"])

Member = Annotated[
    UUID | None, Query(description="Show the price for this member; by default for whom the token belongs to.")
]

REWARD_LIST = Listing(
    REWARDS,
    (
        *("kind", "price", "points_currency", "supply", "fulfilment", "partner", "withdrawn"),
        *("opens_at", "closes_at", "stock", "taken", "published_at"),
    ),
    ("price", "-price", "-taken", "-published_at", "published_at"),
    also=("member",),
    for_everyone=True,
)


@router.put("/{reward_id}", status_code=201, responses=documented(200, 412))
async def publish_reward(reward_id: RewardId, draft: OfferDraft, call: Writing) -> Response:
    """Publish a reward, or offer it otherwise; the same offer again changes nothing."""
    currency = await spendable_currency(call, draft.points_currency)
    return await change(call, reward_id, Publish(reward_id, draft.offer(currency)), fresh=True)


@router.post("/{reward_id}/withdrawal", responses=documented(404, 412))
async def withdraw_reward(reward_id: RewardId, call: Writing) -> Response:
    """Let nobody redeem the reward any more. What waits for fulfilment can still be fulfilled."""
    return await change(call, reward_id, Withdraw(reward_id), status=200)


@router.get("", openapi_extra=described(REWARD_LIST))
async def list_rewards(call: Reading, member: Member = None) -> Response:
    """List the catalogue, the cheapest first; a member's own token sees what isn't withdrawn, with their prices."""
    who = await wallet(call, member)
    open_to = () if call.caller.customer is None else (REWARDS.table.c.withdrawn.is_(False),)
    return await replace(REWARD_LIST, shown=partial(_row_body, who=who)).page(call, *open_to)


@router.get("/{reward_id}", responses=documented(304, 404))
async def show_reward(reward_id: RewardId, call: Reading, at: At, member: Member = None) -> Response:
    """Show one reward with what is left of it, as of any moment; the price for a member is that of the present."""
    who = await wallet(call, member)
    loaded = await call.load_at(REWARD, REWARD.stream(reward_id), at)
    body = reward_body(reward_id, loaded.state, at)
    priced = price_body(reward_id, existing(loaded.state), who)
    return call.answer({**body, "for_member": priced}, version=None if who else loaded.version)


async def change(call: Call, reward_id: str, command: Command, *, status: int = 201, fresh: bool = False) -> Response:
    """Let the reward obey, and answer what it is then."""
    must_be_staff(call)
    stream = REWARD.stream(reward_id)
    return await call.handle(
        REWARD,
        stream,
        command,
        subject=stream,
        answer=lambda outcome: Answer(reward_body(reward_id, outcome.state, call), status if outcome.events else 200),
        fresh=fresh,
    )


def reward_body(reward_id: str, reward: Reward, at: Asked | Call) -> dict[str, Any]:
    """Return a reward: its offer, and its stock at the moment."""
    offer = existing(reward)
    reserved = sum(item.expires_at > at.now for item in reward.reserved.values())
    return {
        "reward_id": reward_id,
        **_offer_body(offer),
        "withdrawn": reward.withdrawn,
        "stock": reward.left(at.now),
        "reserved": reserved,
        "taken": reward.taken,
    }


def _offer_body(offer: Offer) -> dict[str, Any]:
    """Return the offer with all its fields, also those that stand as they stand by default."""
    return {**msgspec.structs.asdict(offer), "limit": offer.limit and msgspec.structs.asdict(offer.limit)}


def _row_body(row: RewardRow, who: Wallet | None) -> dict[str, Any]:
    return {
        "reward_id": row.reward_id,
        **_offer_body(row.offer),
        "withdrawn": row.withdrawn,
        "stock": row.stock,
        "reserved": row.reserved,
        "taken": row.taken,
        "published_at": row.published_at,
        "for_member": price_body(row.reward_id, row.offer, who),
    }
