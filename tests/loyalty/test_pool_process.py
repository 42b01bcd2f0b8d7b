"""What people do with a pool over all streams that take part: as a whole, or not at all."""

from typing import Any
from uuid import UUID

import pytest

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Close, Freeze, Spend
from services.loyalty.domain.ledger.currencies import PLAIN
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.policies import LapsePolicy
from services.loyalty.domain.pools import membership, process
from services.loyalty.domain.pools.commands import InviteToPool
from services.loyalty.domain.pools.decider import POOL
from services.loyalty.domain.pools.household import HOUSEHOLD
from services.loyalty.domain.pools.process import Sharing
from services.loyalty.domain.pools.rules import Leaving, PoolRules, Spenders
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Conflict, Missing, Rejected
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW, day
from tests.loyalty.redemption_world import World

CLEO = UUID(int=3)
P = "p1"


class Pools(World):
    """Anna, Bert and Cleo with an account each, and what they do with pools, each step whole."""

    def __init__(self, rules: PoolRules | None = None, one: dict[UUID, tuple[str, ...]] | None = None) -> None:
        super().__init__()
        self.rules = rules or PoolRules(4)
        self.one = one or {}

    def group(self, who: UUID) -> tuple[str, ...]:
        return self.one.get(who, (str(who),))

    def create(self, who: UUID = ANNA, pool: str = P) -> Any:
        return self.whole(lambda: membership.create(self, pool, who, self.group(who), self.rules))

    def join(self, who: UUID, pool: str = P, by: UUID = ANNA) -> Any:
        self.ask(POOL, pool, InviteToPool(pool, by, who, day(99), self.now), POOL.stream(pool))
        return self.whole(lambda: membership.join(self, pool, who, self.group(who), self.now))

    def leave(self, who: UUID, by: UUID | None = None) -> Any:
        leaver = membership.Leaver(who, self.group(who), PLAIN, self.now)
        return self.whole(lambda: membership.leave(self, P, by or who, leaver))

    def sharing(self) -> Sharing:
        return Sharing(P, {str(who): self.group(who) for who in self.state(POOL, P).members})

    def spend(self, points: int, name: str = "s1", by: UUID = ANNA, sharing: Sharing | None = None) -> Any:
        command = Spend(by, name, points, "a trip", self.now)
        return self.whole(lambda: process.spend(self, sharing or self.sharing(), by, command))

    def take_back(self, name: str = "s1", by: UUID = ANNA) -> Any:
        return self.whole(lambda: process.take_back(self, P, by, name, self.now, LapsePolicy()))

    def balances(self, *who: UUID) -> list[int]:
        return [self.balance(one) for one in who or (ANNA, BERT)]

    def home(self, who: UUID) -> str | None:
        found: str | None = self.state(HOUSEHOLD, who).pool_id
        return found


def code(caught: pytest.ExceptionInfo[Rejected]) -> str:
    return caught.value.code


@pytest.fixture
def two() -> Pools:
    """A pool of Anna, with 50 points that lapse later, and Bert, with 30 that lapse sooner."""
    return of_two(Pools())


def of_two(world: Pools) -> Pools:
    world.earn(50, ANNA, Terms(valid_months=12))
    world.earn(30, BERT, Terms(valid_months=1))
    world.earn(10, CLEO)
    world.create()
    world.join(BERT)
    return world


def test_a_spend_takes_what_lapses_first_and_the_pool_keeps_whose_it_was(two: Pools) -> None:
    two.spend(40)
    assert two.balances() == [40, 0]
    assert two.state(POOL, P).spends["s1"].parts == {str(BERT): 30, str(ANNA): 10}


def test_a_spend_counts_once_and_bears_a_name_that_no_own_spend_can_have(two: Pools) -> None:
    two.ask(ACCOUNT, ANNA, Spend(ANNA, "s1", 5, "own", NOW), ANNA)
    two.spend(40)
    assert two.spend(40) == ()
    assert two.balances() == [35, 0]
    name = process.name_of(P, "s1")
    account: Account = two.state(ACCOUNT, ANNA)
    assert (" " in name, process.is_of_a_pool(name), process.is_of_a_pool("s1")) == (True, True, False)
    assert account.spends[name].points == 10


def test_what_is_refused_takes_nothing_from_anyone(two: Pools) -> None:
    with pytest.raises(Rejected) as caught:
        two.spend(81)
    assert (code(caught), two.balances(), two.state(POOL, P).spends) == ("pool-balance-too-low", [50, 30], {})
    with pytest.raises(Rejected) as caught:
        two.spend(1, by=CLEO)
    assert (code(caught), two.balances()) == ("not-in-the-pool", [50, 30])


def test_accounts_that_were_only_looked_at_must_still_be_so(two: Pools) -> None:
    two.guarded.clear()
    two.one = dict.fromkeys((BERT, CLEO), (str(BERT), str(CLEO)))
    two.spend(10)
    assert two.guarded == {ACCOUNT.stream(ANNA), ACCOUNT.stream(CLEO)}


def test_who_comes_must_still_be_who_they_were_looked_at_as() -> None:
    world = Pools(one={ANNA: (str(ANNA), str(CLEO))})
    world.earn(1)
    world.create()
    assert world.guarded == {ACCOUNT.stream(ANNA), HOUSEHOLD.stream(CLEO)}


def test_a_spend_that_is_taken_back_returns_to_the_lots_of_each_once(two: Pools) -> None:
    two.spend(40, by=BERT)
    assert len(two.take_back()) == 1
    assert two.take_back() == ()
    assert two.balances() == [50, 30]
    with pytest.raises(Rejected) as caught:
        two.take_back(by=CLEO)
    assert code(caught) == "not-the-spender"


def test_a_spend_is_taken_back_from_those_who_have_left_as_well(two: Pools) -> None:
    two.spend(40)
    two.leave(BERT)
    two.take_back()
    assert two.balances() == [50, 30]


def test_who_takes_their_points_along_leaves_nothing(two: Pools) -> None:
    two.leave(BERT)
    assert (two.balances(), two.home(BERT), two.home(ANNA)) == ([50, 30], None, P)
    with pytest.raises(Rejected):
        two.spend(51)


def test_who_leaves_their_points_leaves_them_with_their_end_to_the_owner_every_time() -> None:
    world = of_two(Pools(PoolRules(4, Leaving.LEAVE)))
    end = world.state(ACCOUNT, BERT).lots["shop:o0"].expires_at
    world.leave(BERT)
    assert world.balances() == [80, 0]
    assert sorted(str(lot.expires_at) for lot in world.state(ACCOUNT, ANNA).lots.values())[0] == str(end)
    world.join(BERT)
    world.earn(7, BERT)
    world.leave(BERT, by=ANNA)
    assert world.balances() == [87, 0]


def test_an_owner_leaves_their_points_to_whoever_owns_the_pool_next_and_the_last_one_keeps_all() -> None:
    world = of_two(Pools(PoolRules(4, Leaving.LEAVE)))
    world.leave(ANNA)
    assert (world.balances(), world.state(POOL, P).owner) == ([0, 80], BERT)
    world.leave(BERT)
    assert (world.balances(), world.state(POOL, P).closed, world.home(BERT)) == ([0, 80], True, None)


@pytest.mark.parametrize("what", [Freeze, Close])
def test_nobody_is_held_back_by_an_heir_who_can_take_nothing(what: type[Freeze | Close]) -> None:
    world = of_two(Pools(PoolRules(4, Leaving.LEAVE)))
    world.ask(ACCOUNT, ANNA, what(ANNA, "a reason", "staff", NOW), ANNA)
    world.leave(BERT)
    assert (world.balance(BERT), world.home(BERT)) == (30, None)


def test_who_is_frozen_or_owes_leaves_nothing() -> None:
    world = of_two(Pools(PoolRules(4, Leaving.LEAVE)))
    world.ask(ACCOUNT, BERT, Freeze(BERT, "a reason", "staff", NOW), BERT)
    world.leave(BERT)
    assert world.balances() == [50, 30]


def test_a_merged_member_leaves_what_all_who_are_one_have() -> None:
    world = of_two(Pools(PoolRules(4, Leaving.LEAVE)))
    world.one = dict.fromkeys((BERT, CLEO), (str(BERT), str(CLEO)))
    world.leave(BERT)
    assert world.balances(ANNA, BERT, CLEO) == [90, 0, 0]


def test_the_pool_is_dissolved_with_each_members_points_where_they_are() -> None:
    world = of_two(Pools(PoolRules(4, Leaving.LEAVE)))
    world.whole(lambda: membership.dissolve(world, P, ANNA))
    assert (world.balances(), world.home(ANNA), world.home(BERT)) == ([50, 30], None, None)
    assert world.state(POOL, P).closed


def test_who_comes_is_told_once_and_a_repeat_changes_nothing() -> None:
    world = Pools()
    world.earn(1)
    world.earn(1, BERT)
    assert [len(world.create()), len(world.create())] == [1, 0]
    assert [len(world.join(BERT)), len(world.join(BERT))] == [1, 0]
    assert [len(world.leave(BERT)), len(world.leave(BERT))] == [1, 0]


def test_nothing_is_spent_from_a_pool_that_is_closed(two: Pools) -> None:
    two.whole(lambda: membership.dissolve(two, P, ANNA))
    with pytest.raises(Rejected) as caught:
        two.spend(1)
    assert code(caught) == "pool-closed"


def test_nobody_is_in_two_pools(two: Pools) -> None:
    two.create(CLEO, "p2")
    with pytest.raises(Rejected) as caught:
        two.join(BERT, "p2", CLEO)
    assert code(caught) == "in-another-pool"
    with pytest.raises(Rejected) as caught:
        two.create(BERT, "p3")
    assert (code(caught), two.state(POOL, "p3").owner) == ("in-another-pool", None)


def test_nor_is_someone_with_whom_they_were_merged(two: Pools) -> None:
    two.create(CLEO, "p2")
    dora = UUID(int=4)
    two.earn(1, dora)
    two.one = {dora: (str(dora), str(CLEO))}
    with pytest.raises(Rejected) as caught:
        two.join(dora)
    assert code(caught) == "in-another-pool"


def test_who_is_one_with_a_member_is_in_the_pool_already(two: Pools) -> None:
    two.one = {CLEO: (str(BERT), str(CLEO))}
    assert two.join(CLEO) == ()


def test_members_who_were_merged_with_each_other_are_one_person(two: Pools) -> None:
    two.one = dict.fromkeys((ANNA, BERT), (str(ANNA), str(BERT)))
    with pytest.raises(Rejected, match="The pool has 80"):
        two.spend(81)
    two.spend(80)
    assert two.balances() == [0, 0]


def test_the_points_of_who_was_merged_into_another_pool_are_in_neither(two: Pools) -> None:
    two.create(CLEO, "p2")
    two.one = dict.fromkeys((BERT, CLEO), (str(BERT), str(CLEO)))
    with pytest.raises(Rejected, match="The pool has 50"):
        two.spend(51)
    two.spend(50)
    assert two.balances(ANNA, BERT, CLEO) == [0, 30, 10]


def test_a_spend_that_was_decided_for_other_members_is_decided_again(two: Pools) -> None:
    before = two.sharing()
    two.join(CLEO)
    with pytest.raises(Conflict):
        two.spend(10, sharing=before)
    two.spend(90)
    assert two.balances(ANNA, BERT, CLEO) == [0, 0, 0]


@pytest.mark.parametrize(("what", "expected"), [(Freeze, "account-frozen"), (Close, "account-closed")])
def test_who_is_frozen_or_closed_comes_into_no_pool(what: type[Freeze | Close], expected: str, two: Pools) -> None:
    two.ask(ACCOUNT, CLEO, what(CLEO, "a reason", "staff", NOW), CLEO)
    with pytest.raises(Rejected) as caught:
        two.join(CLEO)
    assert (code(caught), two.home(CLEO)) == (expected, None)


def test_who_is_no_member_of_the_programme_comes_into_no_pool(two: Pools) -> None:
    with pytest.raises(Missing) as caught:
        two.join(UUID(int=9))
    assert code(caught) == "member-unknown"


def test_where_the_owner_alone_spends_nobody_else_does() -> None:
    world = of_two(Pools(PoolRules(4, spenders=Spenders.OWNER)))
    with pytest.raises(Rejected) as caught:
        world.spend(10, by=BERT)
    assert code(caught) == "not-the-owner"
    world.spend(10)
