"""A reward that a pool pays for: over its members' lots, by whoever may spend from it, and back into the same lots."""

from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from services.loyalty.domain.pools import membership
from services.loyalty.domain.pools.decider import POOL
from services.loyalty.domain.pools.rules import PoolRules, Spenders
from services.loyalty.domain.redeeming import process
from services.loyalty.domain.rewards.commands import AddStock, Publish
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.offer import Offer
from shared.errors import Rejected
from tests.loyalty.loyalty_facts import ANNA, BERT
from tests.loyalty.redemption_world import World
from tests.loyalty.reward_facts import MUG, SENT, name, offer
from tests.loyalty.test_pool_process import CLEO, P, Pools, of_two

SENT_FOR_60 = structs.replace(SENT, price=60)


def selling(offered: Offer | None = None, rules: PoolRules | None = None) -> Pools:
    """Anna with 50 points, and Bert with 30 that lapse sooner, in a pool; and a mug that costs 60."""
    world = of_two(Pools(rules))
    world.ask(REWARD, MUG, Publish(MUG, offered or offer(price=60)), MUG)
    world.ask(REWARD, MUG, AddStock(MUG, "a1", 2), MUG)
    return world


def redeem(world: Pools, by: UUID = ANNA, number: int = 1) -> Any:
    asked = process.Asked(name(number), by, MUG, world.group(by), world.now, sharing=world.sharing())
    return world.whole(lambda: process.redeem(world, asked))


def test_the_points_are_taken_from_the_lots_of_all_those_first_that_lapse_first() -> None:
    world = selling()
    made = redeem(world)[0]
    assert (made.points, made.pool_id, set(made.owners)) == (60, P, {ANNA, BERT})
    assert world.balances() == [20, 0]


def test_who_is_in_the_pool_must_stay_as_it_was_looked_at() -> None:
    world = selling()
    world.guarded.clear()
    redeem(world)
    assert world.guarded == {POOL.stream(P)}


@pytest.mark.parametrize("step", [World.cancel, World.fail])
def test_what_comes_to_nothing_gives_each_their_own_part_back(step: Any) -> None:
    world = selling(SENT_FOR_60)
    redeem(world)
    assert world.balances() == [20, 0]
    step(world)
    assert world.balances() == [50, 30]


def test_what_was_delivered_and_is_called_off_gives_each_their_own_part_back() -> None:
    world = selling(SENT_FOR_60)
    redeem(world)
    world.fulfil()
    assert world.balances() == [20, 0]
    world.cancel()
    assert world.balances() == [50, 30]


def test_only_who_may_spend_from_the_pool_lets_it_pay() -> None:
    world = selling(rules=PoolRules(4, spenders=Spenders.OWNER))
    for by, code in ((BERT, "not-the-owner"), (CLEO, "not-in-the-pool")):
        with pytest.raises(Rejected) as refusal:
            redeem(world, by)
        assert (refusal.value.code, world.balances()) == (code, [50, 30])
    redeem(world)


def test_who_is_one_with_a_member_lets_the_pool_pay_as_well() -> None:
    world = selling()
    world.one = dict.fromkeys((BERT, CLEO), (str(BERT), str(CLEO)))
    redeem(world, CLEO)
    assert world.balances(ANNA, BERT, CLEO) == [20, 0, 10]


def test_a_pool_that_is_closed_or_has_too_little_pays_nothing() -> None:
    world = selling(offer(price=81))
    with pytest.raises(Rejected) as refusal:
        redeem(world)
    assert (refusal.value.code, world.reward().taken) == ("pool-balance-too-low", 0)
    world.whole(lambda: membership.dissolve(world, P, ANNA))
    with pytest.raises(Rejected) as refusal:
        redeem(world)
    assert refusal.value.code == "pool-closed"
