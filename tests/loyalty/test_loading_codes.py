"""Codes come into a pool once: those that are in none yet get the next numbers, and a batch leads to their names."""

import pytest

from services.loyalty.domain.codes.batch import BATCH, batch_key, batch_of
from services.loyalty.domain.codes.code import CODE
from services.loyalty.domain.codes.events import CodeBatchLoaded, CodeLoaded
from services.loyalty.domain.codes.loading import Loaded, load
from services.loyalty.domain.rewards.commands import Publish
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.events import CodesAdded
from services.loyalty.domain.rewards.offer import Offer
from shared.errors import Missing, Rejected
from tests.loyalty.redemption_world import World
from tests.loyalty.reward_facts import MUG, VOUCHER, offer

SHELF = f"reward-{MUG}"


def offering(offered: Offer = VOUCHER) -> World:
    world = World()
    world.ask(REWARD, MUG, Publish(MUG, offered), SHELF)
    return world


def put(world: World, addition: str, *codes: str) -> Loaded:
    """Load codes; the name of each is the code in small letters."""
    return world.whole(lambda: load(world, MUG, addition, {code.lower(): code for code in codes}))


def test_codes_get_the_next_numbers_in_the_order_in_which_they_come() -> None:
    world = offering()
    assert put(world, "a1", "FIRST", "OTHER") == Loaded(("first", "other"), 0)
    assert put(world, "a2", "THIRD") == Loaded(("third",), 0)
    assert [world.state(CODE, name).loaded for name in ("first", "other", "third")] == [
        CodeLoaded(MUG, 0, "FIRST"),
        CodeLoaded(MUG, 1, "OTHER"),
        CodeLoaded(MUG, 2, "THIRD"),
    ]


def test_each_batch_is_found_by_its_first_number() -> None:
    world = offering()
    put(world, "a1", "FIRST", "OTHER")
    put(world, "a2", "THIRD")
    firsts = world.reward().firsts
    assert [batch_of(MUG, firsts, number) for number in (0, 1, 2)] == ["mug.0", "mug.0", "mug.2"]
    assert world.state(BATCH, batch_key(MUG, 0)) == CodeBatchLoaded(MUG, 0, ("first", "other"))
    assert world.state(BATCH, batch_key(MUG, 2)) == CodeBatchLoaded(MUG, 2, ("third",))
    assert (world.reward().added, world.reward().additions) == (3, {"a1": 2, "a2": 1})


def test_what_is_in_a_pool_already_is_counted_and_gets_no_second_number() -> None:
    world = offering()
    put(world, "a1", "FIRST", "OTHER")
    assert put(world, "a2", "OTHER", "THIRD") == Loaded(("third",), 1)
    assert (world.state(CODE, "third").loaded.number, world.reward().added) == (2, 3)
    assert put(world, "a3", "FIRST", "OTHER") == Loaded((), 2)
    assert "a3" not in world.reward().additions


def test_an_addition_counts_once_whatever_it_brings_the_second_time() -> None:
    world = offering()
    put(world, "a1", "FIRST")
    assert put(world, "a1", "FIRST", "OTHER") == Loaded((), 2)
    assert (world.state(CODE, "other").loaded, world.reward().added) == (None, 1)


def test_what_is_loaded_is_about_the_reward_and_no_customer() -> None:
    world = offering()
    put(world, "a1", "FIRST", "OTHER")
    assert world.about == {stream: {SHELF} for stream in (SHELF, "batch-mug.0", "code-first", "code-other")}
    assert world.logs[SHELF][-1] == CodesAdded(MUG, "a1", 0, 2)


def test_only_a_reward_that_gives_codes_has_a_pool_of_them() -> None:
    with pytest.raises(Missing) as unknown:
        put(World(), "a1", "FIRST")
    assert unknown.value.code == "reward-unknown"
    world = offering(offer())
    with pytest.raises(Rejected) as counted:
        put(world, "a1", "FIRST")
    assert (counted.value.code, world.state(CODE, "first").loaded) == ("reward-supply-differs", None)
