"""What a pool leaves in the streams that take part: by which names, about whom, and what must stay as it was."""

from uuid import UUID

import pytest

from services.loyalty.domain.ledger.commands import ReverseSpend, Spend
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import PointsGiven, PointsReceived, PointsSpent
from services.loyalty.domain.ledger.policies import LapsePolicy
from services.loyalty.domain.pools import membership, process
from services.loyalty.domain.pools.decider import POOL
from services.loyalty.domain.pools.events import (
    PoolClosed,
    PoolCreated,
    PoolInvited,
    PoolLeft,
    PoolSpendReversed,
    PoolSpent,
)
from services.loyalty.domain.pools.household import HOUSEHOLD, HouseholdEntered, HouseholdLeft
from services.loyalty.domain.pools.rules import Leaving, PoolRules, Spenders, said
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Conflict, Rejected
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW, day
from tests.loyalty.test_pool_process import CLEO, P, Pools, of_two

A, B, C = map(str, (ANNA, BERT, CLEO))


def leaving() -> Pools:
    """Anna's and Bert's pool, to whose owner is left what members have who leave."""
    return of_two(Pools(PoolRules(4, Leaving.LEAVE)))


def test_accounts_and_households_are_about_their_member_and_the_pool_is_about_nobody() -> None:
    world = leaving()
    world.spend(40)
    world.take_back()
    world.leave(BERT)
    world.join(CLEO)
    world.whole(lambda: membership.dissolve(world, P, ANNA))
    assert world.about == {
        POOL.stream(P): {POOL.stream(P)},
        **{ACCOUNT.stream(who): {str(who)} for who in (ANNA, BERT, CLEO)},
        **{HOUSEHOLD.stream(who): {str(who)} for who in (ANNA, BERT, CLEO)},
    }
    assert {event.pool_id for event in world.logs[POOL.stream(P)]} == {P}


def test_a_household_tells_who_came_into_which_pool_and_who_left_it() -> None:
    world = leaving()
    world.leave(BERT)
    assert world.logs[HOUSEHOLD.stream(BERT)] == [HouseholdEntered(BERT, P), HouseholdLeft(BERT, P)]
    world.whole(lambda: membership.dissolve(world, P, ANNA))
    assert world.logs[HOUSEHOLD.stream(ANNA)] == [HouseholdEntered(ANNA, P), HouseholdLeft(ANNA, P)]


def test_a_spend_is_noted_with_who_made_it_and_whose_points_it_took() -> None:
    world = of_two(Pools())
    world.spend(40, by=BERT)
    assert world.logs[POOL.stream(P)][-1] == PoolSpent(P, BERT, "s1", 40, "points", {B: 30, A: 10})
    spent = world.logs[ACCOUNT.stream(ANNA)][-1]
    assert isinstance(spent, PointsSpent)
    assert (spent.spend_id, spent.points, spent.whole, spent.reason) == ("pool p1 s1", 10, 40, "a trip")
    world.take_back()
    assert world.logs[POOL.stream(P)][-1] == PoolSpendReversed(P, "s1", 40, "points")
    assert [world.logs[ACCOUNT.stream(who)][-1].customer_id for who in (ANNA, BERT)] == [ANNA, BERT]


def test_a_spend_that_is_known_with_other_points_is_refused_before_anything_is_taken() -> None:
    world = of_two(Pools())
    world.spend(40)
    with pytest.raises(Rejected) as refusal:
        world.spend(30)
    assert (refusal.value.code, refusal.value.detail) == ("spend-differs", "Spend s1 is known with 40 points.")
    assert world.balances() == [40, 0]


def test_what_is_taken_back_is_taken_back_as_the_programme_chooses() -> None:
    world = of_two(Pools())
    world.spend(80)
    world.now = day(40)
    world.whole(lambda: process.take_back(world, P, ANNA, "s1", world.now, LapsePolicy("grace", 7)))
    assert world.balances() == [50, 30]


def test_what_is_left_to_the_owner_is_a_gift_named_after_the_pool_and_the_departure() -> None:
    world = leaving()
    world.leave(BERT)
    given, got = world.logs[ACCOUNT.stream(BERT)][-1], world.logs[ACCOUNT.stream(ANNA)][-1]
    assert isinstance(given, PointsGiven)
    assert isinstance(got, PointsReceived)
    assert (given.to, given.transfer_id, given.points, given.reason) == (ANNA, "pool p1 1 points", 30, "left the pool")
    assert (got.giver, got.transfer_id, got.points, got.lots) == (BERT, "pool p1 1 points", 30, given.lots)
    world.join(BERT)
    world.earn(7, BERT)
    world.leave(BERT)
    assert world.logs[ACCOUNT.stream(BERT)][-1].transfer_id == "pool p1 2 points"


def test_of_merged_members_each_gives_their_own_part_of_what_they_leave_together() -> None:
    world = leaving()
    world.one = dict.fromkeys((BERT, CLEO), (B, C))
    world.leave(BERT)
    given = [world.logs[ACCOUNT.stream(who)][-1] for who in (BERT, CLEO)]
    assert [(gift.points, gift.to) for gift in given] == [(30, ANNA), (10, ANNA)]


def test_who_is_one_with_their_heir_keeps_their_points() -> None:
    world = leaving()
    world.one = dict.fromkeys((ANNA, BERT), (A, B))
    world.leave(BERT)
    assert world.balances() == [50, 30]


def test_a_member_without_points_leaves_none() -> None:
    world = leaving()
    world.ask(ACCOUNT, BERT, Spend(BERT, "own", 30, "x", NOW), BERT)
    world.leave(BERT)
    assert world.balances() == [50, 0]


def test_who_is_no_member_of_the_programme_is_told_what_to_do() -> None:
    world = Pools()
    with pytest.raises(Rejected) as refusal:
        world.create()
    assert refusal.value.detail == ("Who wants to be in a pool must be a member of the programme: enrol them first.")


def test_a_pool_that_has_other_members_by_now_is_in_conflict() -> None:
    world = of_two(Pools())
    before = world.sharing()
    world.join(CLEO)
    with pytest.raises(Conflict) as conflict:
        world.spend(10, sharing=before)
    assert conflict.value.streams == (POOL.stream(P),)


def test_who_was_merged_with_somebody_is_elsewhere_only_by_another_pool() -> None:
    world = of_two(Pools())
    one: dict[UUID, tuple[str, ...]] = dict.fromkeys((BERT, CLEO), (B, C))
    world.one = one
    assert [person.elsewhere for person in process.persons_of(world, world.sharing())] == [False, False]
    world.one = {}
    world.create(CLEO, "p2")
    world.one = one
    assert [person.elsewhere for person in process.persons_of(world, world.sharing())] == [False, True]


def test_a_reversal_returns_each_part_once() -> None:
    world = of_two(Pools())
    world.spend(40)
    world.take_back()
    back = ReverseSpend(ANNA, process.name_of(P, "s1"), NOW, LapsePolicy())
    assert world.ask(ACCOUNT, ANNA, back, ANNA) == ()


def test_lots_that_lapse_together_are_taken_from_each_in_turn() -> None:
    world = Pools()
    for who, months in ((ANNA, 2), (BERT, 1)):
        world.earn(20, who, Terms(valid_months=months))
    world.create()
    world.join(BERT)
    world.earn(20, ANNA, Terms(valid_months=1))
    world.spend(30)
    assert world.state(POOL, P).spends["s1"].parts == {B: 20, A: 10}


def test_each_rule_of_a_pool_has_its_sentence() -> None:
    assert said(None) == {}
    assert said(PoolRules(4, Leaving.TAKE, Spenders.MEMBERS, 7)) == {
        "/most": "a pool has room for 4 members",
        "/leaving": "who leaves a pool takes their points along",
        "/spenders": "each member spends from a pool",
        "/invitation_days": "an invitation to a pool stands for 7 days",
    }


def test_who_asks_again_for_a_pool_that_others_have_joined_is_told_nothing_new() -> None:
    world = of_two(Pools())
    assert [*world.create()] == []


def test_whoever_was_invited_to_a_pool_that_is_closed_is_invited_no_more() -> None:
    history = (
        PoolCreated(P, ANNA, Leaving.TAKE, 3),
        PoolInvited(P, BERT, day(9)),
        PoolLeft(P, ANNA),
        PoolClosed(P),
    )
    assert POOL.fold(history).invited == {}
