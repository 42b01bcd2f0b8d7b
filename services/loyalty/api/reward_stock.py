"""The stock of a reward: more of it, a count that found another number, codes for its pool."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Response

from services.loyalty.api.access import Writing
from services.loyalty.api.deciding import Deciding
from services.loyalty.api.reward_drafts import CodesDraft, CorrectionDraft, RewardId, StockDraft
from services.loyalty.api.rewards import change, reward_body
from services.loyalty.api.staff import must_be_staff
from services.loyalty.domain.codes.loading import Loaded, load
from services.loyalty.domain.codes.naming import keyed_hash
from services.loyalty.domain.rewards.commands import AddStock, CorrectStock
from services.loyalty.domain.rewards.decider import REWARD
from shared.http import Answer, Call, documented
from shared.http.consistency import token_of
from shared.policies.work import WorkingSet

router = APIRouter(prefix="/v1/rewards/{reward_id}", tags=["rewards"])


@router.post("/stock", status_code=201, responses=documented(200, 404, 412))
async def add_stock(reward_id: RewardId, draft: StockDraft, call: Writing) -> Response:
    """Put more on the shelf, once for each addition id."""
    return await change(call, reward_id, AddStock(reward_id, draft.addition_id, draft.quantity))


@router.post("/stock-corrections", status_code=201, responses=documented(200, 404, 412))
async def correct_stock(reward_id: RewardId, draft: CorrectionDraft, call: Writing) -> Response:
    """Say what a count found; what is reserved or taken can't be corrected away."""
    command = CorrectStock(reward_id, draft.correction_id, draft.quantity, draft.reason, call.now)
    return await change(call, reward_id, command)


@router.post("/codes:batch", status_code=201, responses=documented(200, 404))
async def load_codes(reward_id: RewardId, draft: CodesDraft, call: Writing) -> Response:
    """Put up to 500 codes into the pool, once for each addition id; codes that are in a pool already stay there."""
    must_be_staff(call)
    named = _named(call, draft.codes)
    stream = REWARD.stream(reward_id)

    def decide(work: WorkingSet) -> Answer:
        streams = Deciding(work, call.context())
        loaded = load(streams, reward_id, draft.addition_id, named)
        body = {**reward_body(reward_id, work.state(REWARD, stream), call), **_counted(loaded, len(draft.codes))}
        return Answer(body, 201 if loaded.new else 200, {"Consistency-Token": token_of(stream, work.version(stream))})

    return await call.work((stream, *(f"code-{name}" for name in named)), decide, personal=(stream,))


def _named(call: Call, codes: Sequence[str]) -> Mapping[str, str]:
    """Return the codes by their names."""
    secret = call.kit.settings.identity_secret.get_secret_value()
    return {keyed_hash(secret, code): code for code in codes}


def _counted(loaded: Loaded, asked: int) -> dict[str, Any]:
    return {"loaded": len(loaded.new), "known_before": loaded.known, "repeated": asked - len(loaded.new) - loaded.known}
