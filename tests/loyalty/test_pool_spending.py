"""A pool spends over the lots of its members, and takes from nobody more than they could spend alone."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Earn, ReverseEarning, ReverseSpend, Spend
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.pools.spending import parts, pooled
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Rejected
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW, day

CLEO = UUID(int=3)


def earn(who: UUID, order: str, net: int, months: int | None = None) -> Earn:
    return Earn(who, "shop", order, Decimal(net), "EUR", NOW, NOW, Terms(valid_months=months))


class Household:
    """Members' accounts, which take their parts of a spend at once."""

    def __init__(self, *earned: Earn) -> None:
        self.histories: dict[str, list[Event]] = {}
        for command in earned:
            self.ask(str(command.customer_id), command)

    @property
    def accounts(self) -> dict[str, Account]:
        return {who: ACCOUNT.fold(history) for who, history in self.histories.items()}

    def ask(self, who: str, command: Earn | Spend | ReverseEarning | ReverseSpend) -> int:
        history = self.histories.setdefault(who, [])
        events = ACCOUNT.decide(command, ACCOUNT.fold(history))
        history += events
        return len(events)

    def spend(self, points: int, name: str = "s1", reason: str = "a trip") -> int:
        """Spend, and return how many events that led to."""
        asked = parts(Spend(CLEO, name, points, reason, day(1)), self.accounts)
        return sum(self.ask(owner, command) for owner, command in asked)

    def balances(self) -> list[int]:
        return [account.balance(day(1)) for account in self.accounts.values()]


def test_what_expires_first_is_spent_first_whoever_it_is() -> None:
    home = Household(earn(ANNA, "o1", 50, 12), earn(BERT, "o2", 30, 3), earn(ANNA, "o3", 20))
    home.spend(60)
    assert home.balances() == [40, 0]
    assert [
        account.lots[lot].left for account, lot in zip(home.accounts.values(), ("shop:o1", "shop:o2"), strict=True)
    ] == [20, 0]


def test_each_part_bears_the_size_of_the_whole_so_that_a_repeat_is_quiet() -> None:
    home = Household(earn(ANNA, "o1", 50), earn(BERT, "o2", 50))
    assert home.spend(60) == 2
    assert home.spend(60) == 0
    assert home.balances() == [0, 40]
    with pytest.raises(Rejected, match="known with 60 points"):
        home.spend(61)


def test_each_member_takes_back_their_own_part() -> None:
    home = Household(earn(ANNA, "o1", 50), earn(BERT, "o2", 50))
    home.spend(60)
    for who in (ANNA, BERT):
        home.ask(str(who), ReverseSpend(who, "s1", day(2)))
    assert home.balances() == [50, 50]


def test_a_pool_without_members_is_refused() -> None:
    with pytest.raises(Rejected, match="without members"):
        parts(Spend(CLEO, "s1", 1, "a trip", NOW), {})


def test_more_than_the_pool_has_is_refused_and_takes_nothing() -> None:
    home = Household(earn(ANNA, "o1", 50), earn(BERT, "o2", 50))
    for points, said in ((101, "The pool has 100"), (0, "at least one")):
        with pytest.raises(Rejected, match=said):
            home.spend(points)
    assert home.balances() == [50, 50]


def test_who_owes_gives_nothing_and_nobody_pays_their_debt() -> None:
    home = Household(earn(ANNA, "o1", 50), earn(BERT, "o2", 50))
    home.ask(str(ANNA), Spend(ANNA, "own", 50, "x", NOW))
    home.ask(str(ANNA), ReverseEarning(ANNA, "shop", "o1", "r1", Decimal(50), NOW))
    assert pooled(home.accounts, NOW, "points") == 50
    home.spend(50)
    assert (home.accounts[str(ANNA)].owed(), home.balances()) == (50, [0, 0])


LOTS = st.lists(
    st.tuples(st.sampled_from([ANNA, BERT, CLEO]), st.integers(1, 60), st.sampled_from([None, 1, 3, 12])), max_size=8
)


@for_all(LOTS, st.integers(1, 200))
def test_the_parts_sum_to_the_spend_and_none_is_more_than_its_member_has(
    lots: list[tuple[UUID, int, int | None]], points: int
) -> None:
    home = Household(*(earn(who, f"o{n}", net, months) for n, (who, net, months) in enumerate(lots)))
    before = home.accounts
    available = pooled(before, day(1), "points")
    try:
        asked = parts(Spend(CLEO, "s1", points, "a trip", day(1)), before)
    except Rejected:
        assert points > available or not before
        return
    assert sum(command.points for _, command in asked) == points <= available
    for owner, command in asked:
        assert command.points <= before[owner].balance(day(1))
    home.spend(points)
    assert sum(home.balances()) == available - points
