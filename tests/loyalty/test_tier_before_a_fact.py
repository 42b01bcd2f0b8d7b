"""Before a member's latest fact the account tells the tier at once: the same as looking at each fact anew does."""

from random import Random

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.earning.known import Known, plain_earnings
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Close
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.tiers.earnings import Earnings
from services.loyalty.domain.tiers.record import Grant
from tests.loyalty.loyalty_facts import ANNA, day, earn
from tests.loyalty.test_known_members import (
    BASES,
    BOOK,
    DAYS,
    STORIES,
    TIERS,
    Story,
    back,
    book,
    history,
    known,
    order,
    tiers,
)


def reckoned(account: Account, rulebook: Rulebook, *grants: Grant) -> Known:
    """What is known of the member by looking at each fact anew."""
    earned = account.qualified.get(rulebook.tables[-1].table.currency, Earnings())
    return Known(rulebook, plain_earnings(earned, account.earnings.judged), grants, account.enrolled_at)


@settings(max_examples=150, deadline=None)
@for_all(STORIES, st.randoms(use_true_random=False), st.sampled_from(["open", "closed"]), DAYS)
def test_what_an_account_tells_at_once_is_what_looking_at_each_fact_anew_does(
    story: Story, random: Random, standing: str, on: int
) -> None:
    told = story.told(random)[: random.randint(1, 6)]
    if standing == "closed":
        told.insert(random.randint(0, len(told)), Close(ANNA, "moved", "anna", day(300)))
    account = ACCOUNT.fold(history(*told))
    for fact in (order("x", "1", on), order("x", "1", 300)):
        before = [one for one in account.earnings.in_order if one.place < (fact.occurred_at, "shop:x")]
        assert known(account)(fact, before) == reckoned(account, BOOK)(fact, before)


def test_a_return_at_the_very_time_of_a_fact_has_not_cost_the_tier_before_it() -> None:
    account = ACCOUNT.fold(history(order("o1", "100"), back("r1", "o1", "50", 2)))
    assert [known(account)(order("x", "1", on), account.earnings.in_order).tier for on in (2, 3)] == [
        "silver",
        "member",
    ]


def test_a_plain_order_that_came_after_a_fact_is_not_known_before_it() -> None:
    by_points = book(*BASES[:1], tiers=structs.replace(TIERS, currency="points"))
    account = ACCOUNT.fold(history(order("o1", "40"), earn("p1", "120", 2), rulebook=by_points))
    tier = [known(account, by_points)(order("x", "1", on), account.earnings.in_order).tier for on in (1, 2, 3)]
    assert tier == ["member", "member", "silver"]


def test_what_earned_nothing_is_judged_again_by_what_comes_late_before_it() -> None:
    events = history(order("o1", "10", 0), order("o2", "0", 2), order("o3", "100", 1))
    assert tiers(events) == {"o1": "member", "o3": "member", "o2": "silver"}
