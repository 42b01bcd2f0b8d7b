"""An account folded from many events at once is the one that each in turn makes; and it says rightly what it has."""

from datetime import datetime
from decimal import Decimal
from functools import reduce
from random import Random

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Command
from services.loyalty.domain.ledger.events import Event, Moving, PointsEarned
from services.loyalty.domain.ledger.evolve import evolve
from services.loyalty.domain.ledger.folding import FEW, evolve_all, gathered
from services.loyalty.domain.ledger.having import NOTHING, having
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.language import RuleSet
from tests.loyalty.histories import MILES, STEPS, Step, log_of
from tests.loyalty.loyalty_facts import day, earn, history_of, refund, spend
from tests.loyalty.rule_sets import facts, rule_sets
from tests.loyalty.test_judged_accounts import back, book, history, judge

CURRENCIES = ("points", MILES)


def in_turn(account: Account, events: list[Event]) -> Account:
    return reduce(evolve, events, account)


@settings(max_examples=150, deadline=None)
@for_all(STEPS, st.integers(0, 12), st.sampled_from(["told", "shuffled"]), st.randoms(use_true_random=False))
def test_many_events_at_once_come_to_what_one_after_the_other_does(
    steps: list[Step], cut: int, order: str, random: Random
) -> None:
    events = [fact.event for fact in log_of(steps)]
    if order == "shuffled":
        random.shuffle(events)
    before, more = in_turn(Account(), events[:cut]), events[cut:]
    assert repr(gathered(before, more)) == repr(evolve_all(before, more)) == repr(in_turn(before, more))


@settings(max_examples=60, deadline=None)
@for_all(rule_sets(), st.lists(facts(), min_size=1, max_size=6), st.randoms(use_true_random=False), st.integers(0, 9))
def test_judged_facts_at_once_come_to_what_one_after_the_other_does(
    made: RuleSet, those: list[Fact], random: Random, cut: int
) -> None:
    rulebook = book(made)
    told: list[Command] = []
    for place, fact in enumerate(those):
        told.append(judge(structs.replace(fact, event_id=f"o{place}"), rulebook, 60))
        if place % 2:
            told.append(back(f"r{place}", f"o{place}", str(fact.amount), rulebook, 60))
    random.shuffle(told)
    events = history(*told)
    before, more = in_turn(Account(), events[:cut]), events[cut:]
    assert repr(gathered(before, more)) == repr(in_turn(before, more))


def test_what_earns_is_gathered_however_much_it_is_and_what_settles_something_is_not() -> None:
    orders = [earn(f"o{number}", "10.00", number) for number in range(2 * FEW)]
    waited = history_of(refund("r1", "o3", "4.00"), *orders, refund("r2", "o5", "10.00", 99))
    assert repr(evolve_all(Account(), waited)) == repr(in_turn(Account(), waited))
    assert evolve_all(Account(), waited).balance(day(99)) == 10 * 2 * FEW - 14


def test_a_fact_that_comes_late_stands_where_it_belongs() -> None:
    facts_told = [Fact("purchase", "shop", f"o{number}", day(9 - number), Decimal(10), "EUR") for number in range(9)]
    events = history(*(judge(fact, book(RuleSet()), 60) for fact in facts_told))
    account = evolve_all(Account(), events)
    assert [one.fact.event_id for one in account.earnings.in_order] == [f"o{number}" for number in range(8, -1, -1)]


@settings(max_examples=100, deadline=None)
@for_all(STEPS)
def test_every_movement_states_the_balance_that_it_left(steps: list[Step]) -> None:
    account = Account()
    for fact in log_of(steps):
        account = evolve(account, fact.event)
        if isinstance(fact.event, Moving):
            assert fact.event.balance_after == account.balance(fact.recorded_at, fact.event.points_currency)


@settings(max_examples=100, deadline=None)
@for_all(STEPS, st.integers(0, 400).map(day))
def test_what_an_account_has_is_said_alike_in_one_look_and_in_many(steps: list[Step], now: datetime) -> None:
    account = in_turn(Account(), [fact.event for fact in log_of(steps)])
    have = having([account, account], now)
    for currency in CURRENCIES:
        own = have.get(currency, NOTHING)
        expected = (account.net(now, currency), account.pending(now, currency), account.held(now, currency))
        assert (own.net, own.pending, own.held) == tuple(2 * number for number in expected)


def test_an_order_that_lapsed_before_it_was_told_adds_nothing_to_the_balance() -> None:
    months = Terms(valid_months=1)
    late, early = (history_of(earn("o1", "30", 0, now=now, terms=months))[-1] for now in (50, 20))
    assert isinstance(late, PointsEarned)
    assert isinstance(early, PointsEarned)
    assert (late.balance_after, early.balance_after) == (0, 30)


def test_what_repays_a_debt_is_folded_by_itself() -> None:
    events = history_of(earn("o1", "30"), spend("s1", 20), refund("r1", "o1", "30"), earn("o2", "50"))
    assert repr(gathered(Account(), events)) == repr(in_turn(Account(), events))
    assert gathered(Account(), events).owed() == 0
