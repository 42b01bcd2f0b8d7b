"""The views of rewards and redemptions: a row says what its stream's state is, whatever happened."""

from typing import Any, cast

from hypothesis import given as for_all
from hypothesis import settings

from services.loyalty.domain.redeeming.standing import REDEMPTION
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.events import RewardWithdrawn
from services.loyalty.domain.rewards.offer import Supply
from services.loyalty.views.redemptions import REDEMPTIONS, RedemptionRow
from services.loyalty.views.rewards import REWARDS, RewardRow
from shared.store.contract import Recorded
from tests.loyalty.loyalty_facts import ANNA, NOW, day
from tests.loyalty.reward_facts import MUG, name, offer, published
from tests.loyalty.test_redemption_histories import STEPS, Step, asked, begun


def recorded(stream: str, version: int, event: Any) -> Recorded:
    nothing = cast("Any", None)
    return Recorded("loyalty", stream, version, version, 0, stream, "", 1, event, nothing, NOW, NOW, {})


def row_of(view: Any, log: list[Any]) -> Any:
    row = None
    for version, event in enumerate(log, 1):
        item = recorded("s", version, event)
        assert view.key(item) is not None
        row = view.project(row, item)
    return row


@for_all(STEPS)
@settings(max_examples=80, deadline=None)
def test_rows_say_what_the_streams_are(steps: list[Step]) -> None:
    world = begun()
    for step in steps:
        if step.what == "wait":
            world.wait(world.now)
        asked(world, step)
    for stream, log in world.logs.items():
        if log and stream.startswith("reward-"):
            _agrees_with_reward(row_of(REWARDS, log), log)
        if log and stream.startswith("redemption-"):
            _agrees_with_redemption(row_of(REDEMPTIONS, log), log)


def _agrees_with_reward(row: RewardRow, log: list[Any]) -> None:
    reward = REWARD.fold(log)
    assert (row.stock, row.reserved, row.taken) == (reward.shelf, len(reward.reserved), reward.taken)
    assert row.offer == reward.offer


def _agrees_with_redemption(row: RedemptionRow, log: list[Any]) -> None:
    redemption = REDEMPTION.fold(log)
    assert redemption is not None
    assert (row.status, row.reference) == (redemption.booked, redemption.reference)
    assert (row.points, row.expires_at) == (redemption.made.points, redemption.made.expires_at)
    assert (row.ended_at is None) == (len(log) == 1)


def test_a_reward_without_an_end_has_no_stock_and_a_withdrawn_one_says_so() -> None:
    row: RewardRow = row_of(REWARDS, [published(supply=Supply.UNLIMITED), RewardWithdrawn(MUG)])
    assert (row.stock, row.withdrawn) == (None, True)
    row = row_of(REWARDS, [published(), RewardWithdrawn(MUG), published(price=120)])
    assert (row.withdrawn, row.price, row.offer) == (False, 120, offer(price=120))


def test_a_member_sees_their_redemptions() -> None:
    world = begun()
    world.earn(500)
    world.redeem(1, reward="mug")
    row: RedemptionRow = row_of(REDEMPTIONS, world.logs["redemption-" + str(name(1))])
    assert (row.customer_id, row.reward_id, row.made_at) == (ANNA, "mug", day(0))
