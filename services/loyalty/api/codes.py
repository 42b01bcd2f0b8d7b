"""Codes at a till: one is taken once, and the answer says what it is worth."""

from typing import Any

from fastapi import APIRouter, Response

from services.loyalty.api.access import Writing
from services.loyalty.api.reward_drafts import TillDraft
from services.loyalty.api.staff import must_be_staff
from services.loyalty.domain.codes.code import CODE, Code, RedeemCode
from services.loyalty.domain.codes.naming import keyed_hash
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.offer import Offer
from shared.errors import Missing
from shared.http import Answer, documented

router = APIRouter(prefix="/v1", tags=["rewards"])


@router.post("/codes:redeem", status_code=201, responses=documented(200, 404, 412))
async def redeem_code(draft: TillDraft, call: Writing) -> Response:
    """Take a voucher's code at a till; the same again on the same receipt answers 200, on another one 409."""
    must_be_staff(call)
    name = keyed_hash(call.kit.settings.identity_secret.get_secret_value(), draft.code)
    stream = CODE.stream(name)
    loaded = (await call.load(CODE, stream)).state.loaded
    if loaded is None:
        raise Missing("code-unknown", "There is no such code.")
    subject = REWARD.stream(loaded.reward_id)
    offer = (await call.load(REWARD, subject)).state.offer
    return await call.handle(
        CODE,
        stream,
        RedeemCode(draft.till, draft.receipt),
        subject=subject,
        answer=lambda outcome: Answer(_body(outcome.state, offer), 201 if outcome.events else 200),
    )


def _body(code: Code, offer: Offer | None) -> dict[str, Any]:
    assert code.loaded is not None  # noqa: S101 - it was found above
    return {
        "reward_id": code.loaded.reward_id,
        "redemption_id": code.given_to,
        "titles": offer.titles if offer else {},
        "worth": offer.worth if offer else None,
        "till": code.redeemed.till if code.redeemed else None,
        "receipt": code.redeemed.receipt if code.redeemed else None,
    }
