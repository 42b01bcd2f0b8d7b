"""Earning by a programme's rules, in the ledger: lots by effect, returns to nothing, late facts as corrections."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Close, Command, ReverseEarning, Spend
from services.loyalty.domain.ledger.decider import ACCOUNT, happened
from services.loyalty.domain.ledger.events import Event, FactJudged, PointsEarned, PointsReversed, RefundRefused
from services.loyalty.domain.ledger.explain import arithmetic
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.conditions import FirstPurchase
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.language import Add, Base, Limit, Multiply, RuleSet
from shared.errors import Rejected
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, NOW, day, earn
from tests.loyalty.programmes import POINTS, SHOP, TIER
from tests.loyalty.rule_sets import facts, rule, rule_sets, rules

CURRENCIES = ("points", "miles", "tier-points")
MILES = structs.replace(POINTS, code="miles", value=None)


def book(made: RuleSet, **terms: Terms) -> Rulebook:
    document = structs.replace(SHOP, currencies=(POINTS, MILES, TIER), earning=made, terms=terms)
    return Rulebook(Programme((Version(1, day(-1000), document),)))


def order(name: str, amount: str, on: float = 0) -> Fact:
    return Fact("purchase", "shop", name, day(on), Decimal(amount), "EUR")


def judge(fact: Fact, rulebook: Rulebook, now: float = 9) -> Judge:
    return Judge(ANNA, fact, rulebook, day(now))


def back(name: str, order_id: str, amount: str, rulebook: Rulebook, now: float = 9) -> ReverseEarning:
    return ReverseEarning(ANNA, "shop", order_id, name, Decimal(amount), day(now), rulebook=rulebook)


def history(*commands: Command) -> list[Event]:
    events: list[Event] = []
    for command in commands:
        try:
            events += ACCOUNT.decide(command, ACCOUNT.fold(events))
        except Rejected:
            continue
    return events


BASE, WELCOME = rule("base", Base(PerAmount(1))), rule("welcome", Add(Fixed(50)), when=FirstPurchase())
DOUBLE = rule("double", Multiply(Decimal(2)))
PLAIN, FIRST = book(rules(BASE, DOUBLE)), book(rules(BASE, WELCOME))


def lots(events: Sequence[Event]) -> dict[str, int]:
    """Return what each lot has left."""
    return {lot.lot_id: lot.left for lot in ACCOUNT.fold(events).lots.values()}


def test_each_effect_gets_a_lot_that_names_its_rule_and_version() -> None:
    events = history(judge(order("o1", "49.90"), PLAIN))
    earned = [event for event in events if isinstance(event, PointsEarned)]
    assert [(event.lot_id, event.points, event.rule, event.rule_version) for event in earned] == [
        ("shop:o1:base:1", 49, "base", 1),
        ("shop:o1:double:1", 49, "double", 1),
    ]
    assert ACCOUNT.fold(events).balance(day(9)) == 98


def test_a_fact_counts_once_and_never_with_other_contents() -> None:
    events = history(judge(order("o1", "49.90"), PLAIN))
    given(ACCOUNT, *events).when(judge(order("o1", "49.90"), PLAIN)).then_nothing()
    given(ACCOUNT, *events).when(judge(order("o1", "50.00"), PLAIN)).then_rejected("earning-differs")
    given(ACCOUNT, *events).when(earn("o1", "49.90")).then_nothing()
    given(ACCOUNT, *events).when(earn("o1", "50.00")).then_rejected("earning-differs")
    before = history(earn("o1", "49.90"))
    given(ACCOUNT, *before).when(judge(order("o1", "49.90"), PLAIN)).then_nothing()


def test_points_live_on_the_terms_of_their_currency_in_the_version_of_the_fact() -> None:
    events = history(judge(order("o1", "10"), book(rules(BASE), points=Terms(14, 1))))
    (lot,) = ACCOUNT.fold(events).lots.values()
    assert (lot.activates_at, lot.is_pending(day(13)), lot.terms) == (day(14), True, Terms(14, 1, zone="Europe/Berlin"))


def test_a_return_takes_back_from_the_last_effect_first_and_a_full_one_leaves_nothing() -> None:
    events = history(judge(order("o1", "10"), PLAIN), back("r1", "o1", "2.50", PLAIN))
    assert lots(events) == {"shop:o1:base:1": 10, "shop:o1:double:1": 4}  # 20 less 6: 2 x 7
    assert [event.points for event in events if isinstance(event, PointsReversed)] == [6]
    events += ACCOUNT.decide(back("r2", "o1", "7.50", PLAIN), ACCOUNT.fold(events))
    assert lots(events) == {"shop:o1:base:1": 0, "shop:o1:double:1": 0}
    given(ACCOUNT, *events).when(back("r2", "o1", "7.50", PLAIN)).then_nothing()
    given(ACCOUNT, *events).when(back("r3", "o1", "0.01", PLAIN)).then_rejected("refund-too-large")
    given(ACCOUNT, *events).when(structs.replace(back("r3", "o1", "0", PLAIN), rulebook=None)).then_rejected(
        "programme-unknown"
    )


def test_a_return_that_costs_no_point_is_known_all_the_same() -> None:
    events = history(judge(order("o1", "10.50"), PLAIN), back("r1", "o1", "0.50", PLAIN))
    assert isinstance(events[-1], FactJudged)
    given(ACCOUNT, *events).when(back("r1", "o1", "0.50", PLAIN)).then_nothing()


def test_a_return_before_its_order_waits_for_it_and_one_that_doesnt_fit_is_refused_in_the_log() -> None:
    early, large = back("r1", "o1", "4", PLAIN, 2), back("r2", "o1", "7", PLAIN, 3)
    events = history(early, large, judge(order("o1", "10"), PLAIN))
    assert ACCOUNT.fold(events).balance(day(9)) == 12
    assert isinstance(events[-1], RefundRefused)


def test_points_that_are_gone_are_owed() -> None:
    spent = Spend(ANNA, "s1", 20, "voucher", day(9))
    events = history(judge(order("o1", "10"), PLAIN), spent, back("r1", "o1", "10", PLAIN))
    assert ACCOUNT.fold(events).owed() == 20


def test_a_late_order_moves_what_it_changes_of_later_ones_at_their_time() -> None:
    late = judge(order("o1", "10", 1), FIRST)
    before = history(judge(order("o2", "20", 2), FIRST))
    decided = ACCOUNT.decide(late, ACCOUNT.fold(before))
    assert lots([*before, *decided]) == {
        "shop:o1:base:1": 10,
        "shop:o1:welcome:1": 50,
        "shop:o2:base:1": 20,
        "shop:o2:welcome:1": 0,
    }
    assert [happened(event) for event in decided if isinstance(event, FactJudged)] == [day(1), day(2)]
    (taken,) = [event for event in decided if isinstance(event, PointsReversed)]
    assert (taken.lot_id, taken.points, taken.refund_id, happened(taken)) == ("shop:o2:welcome:1", 50, "", day(2))
    assert "told late" in arithmetic(taken)


def test_what_grows_again_gets_a_lot_of_its_own() -> None:
    capped = book(rules(BASE, caps=(Limit(100, "month"),)))
    events = history(judge(order("o3", "90", 3), capped), judge(order("o2", "60", 2), capped))
    assert ACCOUNT.fold(events).balance(day(9)) == 100
    grown = book(rules(rule("base", Base(PerAmount(1))), rule("third", Add(Fixed(5)))))
    more = [*ACCOUNT.decide(judge(order("o1", "1", 1), grown), ACCOUNT.fold(events))]
    assert {name: left for name, left in lots([*events, *more]).items() if name.startswith("shop:o3")} == {
        "shop:o3:base:1": 40,
        "shop:o3:base:1:2": 50,
        "shop:o3:third:1": 5,
    }


def test_a_closed_account_earns_nothing_more() -> None:
    closed = history(judge(order("o1", "10", 1), PLAIN), Close(ANNA, "asked for it", "staff", day(8)))
    events = [*closed, *ACCOUNT.decide(judge(order("o2", "10", 2), PLAIN), ACCOUNT.fold(closed))]
    assert [event.lot_id for event in events if isinstance(event, PointsEarned)] == [
        "shop:o1:base:1",
        "shop:o1:double:1",
    ]


def test_a_judgement_is_told_in_words() -> None:
    told, lot, *_ = history(judge(order("o1", "10"), PLAIN))[1:]
    assert arithmetic(told) == "by version 1 of shop: 10 by shop:o1:base:1 + 10 by shop:o1:double:1"
    assert arithmetic(lot).startswith("rule base = 10 points")


PARTS = [Decimal(1), Decimal("0.5"), Decimal("0.25")]


def sums(account: Account) -> list[int]:
    return [account.net(NOW + timedelta(days=400), currency) for currency in CURRENCIES]


@settings(max_examples=60, deadline=None)
@for_all(rule_sets(), st.lists(facts(), min_size=1, max_size=4), st.data(), st.randoms(use_true_random=False))
def test_any_delivery_ends_with_the_same_balances_and_journals_that_are_balanced(
    made: RuleSet, those: list[Fact], data: st.DataObject, random: Random
) -> None:
    plain = structs.replace(made, budgets=(), rules=tuple(structs.replace(one, budgets=()) for one in made.rules))
    rulebook = book(plain)
    deliveries: list[Command] = []
    for place, fact in enumerate(those):
        named = structs.replace(fact, event_id=f"o{place}")
        part = (fact.amount * data.draw(st.sampled_from(PARTS))).quantize(Decimal("0.01"))
        deliveries += [judge(named, rulebook, 60), judge(named, rulebook, 60)]
        deliveries.append(back(f"r{place}", f"o{place}", str(part), rulebook, 60))
    ends = []
    for _ in range(2):
        random.shuffle(deliveries)
        events = history(*deliveries)
        account = ACCOUNT.fold(events)
        assert all(sum(journal(event).values()) == 0 for event in events)
        assert all(lot.left >= 0 for lot in account.lots.values())
        stands = Counter[str]()
        for judged in account.earnings.in_order:
            stands.update({currency: judged.left.granted(currency) for currency in CURRENCIES})
        assert sums(account) == [stands[currency] for currency in CURRENCIES]
        ends.append((account.earnings.in_order, sums(account)))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("spent", [0, 7, 98])
def test_a_full_return_nets_nothing_whatever_was_spent(spent: int) -> None:
    steps: list[Command] = [judge(order("o1", "49.90"), PLAIN)]
    if spent:
        steps.append(Spend(ANNA, "s1", spent, "voucher", day(9)))
    account = ACCOUNT.fold(history(*steps, back("r1", "o1", "49.90", PLAIN)))
    assert account.net(day(9)) == -spent


def test_each_lot_of_a_fact_states_the_balance_with_the_lots_before_it() -> None:
    earned = [event for event in history(judge(order("o1", "10"), PLAIN)) if isinstance(event, PointsEarned)]
    assert [(event.points, event.balance_after) for event in earned] == [(10, 10), (10, 20)]
