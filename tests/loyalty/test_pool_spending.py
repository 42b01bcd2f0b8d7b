"""A pool spends over the lots of its members, and takes from nobody more than they could spend alone."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Close, Command, Earn, Freeze, Hold, ReverseEarning, Spend
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.pools.spending import Person, Standing, parts, pooled
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Rejected
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW, day

CLEO = UUID(int=3)


def earn(who: UUID, order: str, net: int, months: int | None = None) -> Earn:
    return Earn(who, "shop", order, Decimal(net), "EUR", NOW, NOW, Terms(valid_months=months))


class Household:
    """Members' accounts, which take their parts of a spend at once; `one` are ids that belong to the same person."""

    def __init__(self, *earned: Earn, one: tuple[UUID, ...] = (), elsewhere: tuple[UUID, ...] = ()) -> None:
        self.histories: dict[str, list[Event]] = {}
        self.one = tuple(map(str, one))
        self.elsewhere = tuple(map(str, elsewhere))
        for command in earned:
            self.ask(str(command.customer_id), command)

    @property
    def accounts(self) -> dict[str, Account]:
        return {who: ACCOUNT.fold(history) for who, history in self.histories.items()}

    @property
    def persons(self) -> list[Person]:
        accounts = self.accounts
        alone = [Person(who, {who: accounts[who]}, who in self.elsewhere) for who in accounts if who not in self.one]
        return [*alone, *([Person(self.one[0], {who: accounts[who] for who in self.one})] if self.one else [])]

    def ask(self, who: str, command: Command) -> int:
        history = self.histories.setdefault(who, [])
        events = ACCOUNT.decide(command, ACCOUNT.fold(history))
        history += events
        return len(events)

    def spend(self, points: int) -> int:
        """Spend, and return how many events that led to."""
        asked = parts(Spend(CLEO, "s1", points, "a trip", day(1)), self.persons)
        return sum(self.ask(owner, command) for owner, command in asked)

    def balances(self) -> list[int]:
        return [account.balance(day(1)) for account in self.accounts.values()]


def test_what_expires_first_is_spent_first_whoever_it_is() -> None:
    home = Household(earn(ANNA, "o1", 50, 12), earn(BERT, "o2", 30, 3), earn(ANNA, "o3", 20))
    assert home.spend(60) == 2
    assert home.balances() == [40, 0]
    assert home.accounts[str(ANNA)].lots["shop:o1"].left == 20


def test_of_lots_that_are_alike_the_smaller_id_and_then_the_smaller_owner_goes_first() -> None:
    home = Household(earn(BERT, "o1", 50), earn(ANNA, "o1", 50), earn(ANNA, "o0", 50))
    home.spend(60)
    assert dict(zip(home.histories, home.balances(), strict=True)) == {str(BERT): 50, str(ANNA): 40}


def test_each_part_bears_the_size_of_the_whole_and_its_owner() -> None:
    home = Household(earn(ANNA, "o1", 50), earn(BERT, "o2", 50))
    asked = parts(Spend(CLEO, "s1", 60, "a trip", day(1)), home.persons)
    assert [(owner, item.customer_id, item.points, item.whole) for owner, item in asked] == [
        (str(ANNA), ANNA, 50, 60),
        (str(BERT), BERT, 10, 60),
    ]


def test_points_are_held_as_they_are_spent() -> None:
    home = Household(earn(ANNA, "o1", 50), earn(BERT, "o2", 50))
    for owner, command in parts(Hold(CLEO, "h1", 60, "a trip", day(1), day(2)), home.persons):
        assert home.ask(owner, command) == 1
    assert [account.held(day(1)) for account in home.accounts.values()] == [50, 10]


def test_a_pool_without_members_is_refused() -> None:
    with pytest.raises(Rejected, match="without members"):
        parts(Spend(CLEO, "s1", 1, "a trip", NOW), [])


def test_points_that_only_qualify_are_nobodys_to_spend() -> None:
    home = Household(earn(ANNA, "o1", 50))
    declared = Declared(("miles",), ("points",))
    with pytest.raises(Rejected, match="only qualify"):
        parts(Spend(CLEO, "s1", 1, "a trip", NOW, declared=declared), home.persons)


def test_more_than_the_pool_has_is_refused_and_takes_nothing() -> None:
    home = Household(earn(ANNA, "o1", 50), earn(BERT, "o2", 50))
    for points, said in ((101, "The pool has 100"), (0, "at least one"), (-1, "at least one")):
        with pytest.raises(Rejected, match=said):
            home.spend(points)
    assert home.balances() == [50, 50]
    assert home.spend(100) == 2


def test_who_owes_gives_nothing_and_nobody_pays_their_debt() -> None:
    home = Household(earn(ANNA, "o1", 50), earn(BERT, "o2", 50))
    home.ask(str(ANNA), Spend(ANNA, "own", 50, "x", NOW))
    home.ask(str(ANNA), ReverseEarning(ANNA, "shop", "o1", "r1", Decimal(50), NOW))
    assert pooled(home.persons, NOW, "points") == 50
    home.spend(50)
    assert (home.accounts[str(ANNA)].owed(), home.balances()) == (50, [0, 0])


def test_of_merged_members_one_covers_the_others_debt_and_nobody_elses() -> None:
    berts = (earn(BERT, "o2", 30, 3), earn(BERT, "o3", 50, 6))
    home = Household(earn(ANNA, "o1", 50), *berts, earn(CLEO, "o4", 10), one=(ANNA, BERT))
    home.ask(str(ANNA), Spend(ANNA, "own", 50, "x", NOW))
    home.ask(str(ANNA), ReverseEarning(ANNA, "shop", "o1", "r1", Decimal(50), NOW))
    assert pooled(home.persons, NOW, "points") == 80 - 50 + 10
    home.spend(40)
    assert home.balances() == [0, 50, 0]


@pytest.mark.parametrize("what", [Freeze, Close])
def test_who_is_frozen_or_closed_gives_nothing_and_the_others_go_on(what: type[Freeze | Close]) -> None:
    home = Household(earn(ANNA, "o1", 50), earn(BERT, "o2", 50))
    home.ask(str(ANNA), what(ANNA, "a reason", "staff", NOW))
    expected = Standing.FROZEN if what is Freeze else Standing.CLOSED
    assert [person.standing for person in home.persons] == [expected, Standing.OPEN]
    assert pooled(home.persons, NOW, "points") == 50
    with pytest.raises(Rejected, match="The pool has 50"):
        home.spend(51)
    home.spend(50)


def test_a_person_with_one_open_account_is_open_and_with_one_frozen_account_is_not() -> None:
    home = Household(earn(ANNA, "o1", 50), earn(BERT, "o2", 50), one=(ANNA, BERT))
    home.ask(str(ANNA), Close(ANNA, "a reason", "staff", NOW))
    assert pooled(home.persons, NOW, "points") == 50
    home.ask(str(BERT), Freeze(BERT, "a reason", "staff", NOW))
    assert pooled(home.persons, NOW, "points") == 0


def test_who_was_merged_with_someone_in_another_pool_gives_nothing() -> None:
    home = Household(earn(ANNA, "o1", 50), earn(BERT, "o2", 50), elsewhere=(BERT,))
    assert [person.standing for person in home.persons] == [Standing.OPEN, Standing.ELSEWHERE]
    assert pooled(home.persons, NOW, "points") == 50


LOTS = st.lists(
    st.tuples(st.sampled_from([ANNA, BERT, CLEO]), st.integers(1, 60), st.sampled_from([None, 1, 3, 12])), max_size=8
)


@for_all(LOTS, st.integers(1, 200))
def test_the_parts_sum_to_the_spend_and_none_is_more_than_its_member_has(
    lots: list[tuple[UUID, int, int | None]], points: int
) -> None:
    home = Household(*(earn(who, f"o{n}", net, months) for n, (who, net, months) in enumerate(lots)))
    before = home.accounts
    available = pooled(home.persons, day(1), "points")
    try:
        asked = parts(Spend(CLEO, "s1", points, "a trip", day(1)), home.persons)
    except Rejected:
        assert points > available or not before
        return
    assert sum(command.points for _, command in asked) == points <= available
    for owner, command in asked:
        assert command.points <= before[owner].balance(day(1))
    home.spend(points)
    assert sum(home.balances()) == available - points
