"""What a redemption leaves in each stream that takes part: by which name, about whom, and what must stay as it was."""

from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.codes.code import CODE
from services.loyalty.domain.codes.loading import load
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.redeeming import process
from services.loyalty.domain.redeeming.allowance import ALLOWANCE
from services.loyalty.domain.redeeming.points import is_of_a_redemption, name_of
from services.loyalty.domain.redeeming.redemption import (
    RedemptionCancelled,
    RedemptionFailed,
    RedemptionFulfilled,
    RedemptionMade,
)
from services.loyalty.domain.rewards.commands import AddStock, Publish
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.events import RewardReturned
from services.loyalty.domain.rewards.offer import Fulfilment, Limit, Offer
from shared.errors import Rejected
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW
from tests.loyalty.redemption_world import World
from tests.loyalty.reward_facts import MUG, SENT, SOON, VOUCHER, name, offer

SHELF = REWARD.stream(MUG)


def selling(offered: Offer, *members: object) -> World:
    world = World(*members)  # type: ignore[arg-type] # customers
    world.ask(REWARD, MUG, Publish(MUG, offered), SHELF)
    world.earn(250)
    return world


def stocked(offered: Offer, *members: object) -> World:
    world = selling(offered, *members)
    world.ask(REWARD, MUG, AddStock(MUG, "a1", 2), SHELF)
    return world


def test_points_are_about_their_member_and_what_happens_on_the_shelf_is_about_nobody() -> None:
    waits = structs.replace(
        VOUCHER, fulfilment=Fulfilment.EXTERNAL, fulfil_within_hours=1, limit=Limit(2), tier_prices={"gold": 1}
    )
    world = selling(waits)
    load(world, MUG, "a1", {"first": "FIRST", "other": "OTHER"})
    world.redeem(1)
    world.fulfil(1)
    world.cancel(1)
    world.redeem(2)
    world.fail(2)
    member = {str(ANNA)}
    assert world.about == {
        **dict.fromkeys((ACCOUNT.stream(ANNA), ALLOWANCE.stream(ANNA)), member),
        **{f"redemption-{name(number)}": member for number in (1, 2)},
        **{stream: {SHELF} for stream in (SHELF, "batch-mug.0", "code-first", "code-other")},
    }
    assert {event.reward_id for event in world.logs[SHELF]} == {MUG}
    assert world.logs[f"redemption-{name(2)}"][-1] == RedemptionFailed(name(2), ANNA, MUG, "lost")
    assert world.logs[f"redemption-{name(1)}"][-1] == RedemptionCancelled(name(1), ANNA, MUG, "unwanted", True)
    assert RewardReturned(MUG, name(1), 0) in world.logs[SHELF]


def test_an_account_knows_the_points_by_the_redemption_and_for_which_reward_they_went() -> None:
    world = stocked(offer())
    world.redeem()
    spent = world.logs[ACCOUNT.stream(ANNA)][-1]
    assert (spent.spend_id, spent.points, spent.reason) == (f"redemption:{name(1)}", 100, "reward mug")
    waiting = stocked(SENT)
    waiting.redeem()
    held = waiting.logs[ACCOUNT.stream(ANNA)][-1]
    assert (held.hold_id, held.points, held.reason) == (f"redemption:{name(1)}", 100, "reward mug")
    assert held.until == SOON


def test_a_redemptions_points_go_back_with_it_alone_and_are_told_by_their_name() -> None:
    assert is_of_a_redemption(name_of(name(1)))
    for other in ("redemption:1", f"{name_of(name(1))}0", str(name(1)), f"x{name_of(name(1))}"):
        assert not is_of_a_redemption(other)


def test_a_partner_is_named_from_the_redemption_to_its_delivery() -> None:
    made, done = stocked(offer(partner="sky-air")).redeem()
    assert (made.partner, done.partner) == ("sky-air", "sky-air")
    world = stocked(structs.replace(SENT, partner="sky-air"))
    world.redeem()
    assert [*world.fulfil()] == [RedemptionFulfilled(name(1), ANNA, MUG, 100, "points", "sky-air", "parcel-1")]


def test_a_reward_is_paid_in_its_own_currency() -> None:
    world = stocked(offer(points_currency="miles"))
    with pytest.raises(Rejected) as refusal:
        world.redeem()
    assert (refusal.value.code, world.balance(), world.reward().left(NOW)) == ("currency-unknown", 250, 2)


def test_what_those_who_are_one_have_and_used_must_stay_as_it_was_looked_at() -> None:
    world = stocked(offer(limit=Limit(1)), ANNA, BERT)
    world.redeem()
    assert world.guarded == {ACCOUNT.stream(BERT), ALLOWANCE.stream(BERT)}
    unlimited = stocked(offer(), ANNA, BERT)
    unlimited.earn(20, BERT)
    unlimited.redeem()
    assert unlimited.guarded == {ACCOUNT.stream(BERT)}


def test_a_use_of_the_limit_ends_with_the_time_of_what_waits() -> None:
    world = stocked(structs.replace(SENT, limit=Limit(1)))
    world.redeem()
    (use,) = world.logs[ALLOWANCE.stream(ANNA)]
    assert (use.redemption_id, use.used_at, use.lapses_at) == (name(1), NOW, SOON)
    at_once = stocked(offer(limit=Limit(1)))
    at_once.redeem()
    assert at_once.logs[ALLOWANCE.stream(ANNA)][0].lapses_at is None


def test_a_member_pays_what_their_tier_makes_of_the_list_price() -> None:
    world = stocked(offer())
    asked = process.Asked(name(1), ANNA, MUG, (str(ANNA),), NOW, "gold", price_factor=Decimal("0.75"))
    made, _ = process.redeem(world, asked)
    assert isinstance(made, RedemptionMade)
    assert (made.points, made.list_price, made.tier, world.balance()) == (75, 100, "gold", 175)


@pytest.mark.parametrize("offered", [offer(), SENT])
def test_what_the_programme_declares_says_what_pays_for_a_reward(offered: Offer) -> None:
    world = stocked(offered)
    declared = Declared(("miles",), ("points",))
    asked = process.Asked(name(1), ANNA, MUG, (str(ANNA),), NOW, declared=declared)
    with pytest.raises(Rejected) as refusal:
        world.whole(lambda: process.redeem(world, asked))
    assert refusal.value.code == "currency-not-spendable"


def test_a_code_is_found_in_the_batch_that_holds_it() -> None:
    world = selling(VOUCHER)
    load(world, MUG, "a1", {"first": "FIRST"})
    load(world, MUG, "a2", {"other": "OTHER"})
    world.redeem(1)
    world.redeem(2)
    assert [world.state(CODE, code).given_to for code in ("first", "other")] == [name(1), name(2)]


def test_what_waits_for_one_counts_for_all_who_are_one_until_its_time_is_over() -> None:
    world = stocked(structs.replace(SENT, limit=Limit(1)), ANNA, BERT)
    world.redeem(1, ANNA)
    with pytest.raises(Rejected, match="1 times"):
        world.redeem(2, BERT)
    world.now = SOON
    assert world.redeem(2, BERT)
