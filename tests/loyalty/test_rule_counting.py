"""What of an order counts: never less than nothing, never more than was paid, and in proportion where it is a part."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.loyalty.domain.ledger.lot import ALWAYS, NEVER
from services.loyalty.domain.rules.amounts import Fixed, PerAmount, PerItem, PerUnit, Share, Step, Steps
from services.loyalty.domain.rules.compiled import compiled
from services.loyalty.domain.rules.conditions import AtHours, HasAttribute, OfAmount, OnWeekday
from services.loyalty.domain.rules.counted import Counted, Lines
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.language import Add, Base, Cap, Limit, Multiply
from services.loyalty.domain.rules.limits import start_of
from tests.loyalty.rule_sets import SATURDAY, bought, given, line, rule, rules, trace_of

GARDEN = Lines(categories=("garden",))
NO_GIFTS = Lines(except_categories=("gift-cards",))


def earns(amount: PerAmount | PerItem | PerUnit | Steps, fact: Fact) -> int:
    return trace_of(rules(rule("base", Base(amount))), fact).granted("points")


ANYTHING = (Step(Decimal("0.000001"), 1),)
"""A point for the smallest amount that there is."""


@pytest.mark.parametrize("counted", [Counted(), Counted("excluded", "included"), Counted("excluded")])
def test_what_is_left_out_leaves_nothing_where_it_is_more_than_the_amount(counted: Counted) -> None:
    order = bought("0.01", tax=Decimal("0.02"), paid_with_points=Decimal("0.02"))
    assert earns(Steps(ANYTHING, counted), order) == 0
    assert earns(Steps(ANYTHING, Counted("included", "included")), order) == 1


def test_lines_count_for_what_was_paid_at_most() -> None:
    told_of_more = bought("10", line("garden", "8"), line("garden/tools", "7"), line("gift-cards", "12"))
    assert earns(PerAmount(1, counted=Counted(lines=GARDEN)), told_of_more) == 10
    assert earns(Steps(ANYTHING, Counted(lines=NO_GIFTS)), told_of_more) == 0
    free = bought("0", line("garden", "8"))
    assert earns(Steps(ANYTHING, Counted(lines=GARDEN)), free) == 0


def test_exceptions_are_of_products_as_well_as_of_categories_and_go_before_what_is_named() -> None:
    order = bought("60", line("garden", "10", product="rake"), line("garden", "20", product="spade"), line("x", "30"))
    one = Lines(categories=("garden",), except_products=("spade",))
    assert earns(PerAmount(1, counted=Counted(lines=one)), order) == 10
    assert earns(PerAmount(1, counted=Counted(lines=Lines(except_products=("spade", "rake")))), order) == 30
    assert earns(PerItem(7, Lines(except_products=("spade",))), order) == 14
    assert earns(PerItem(7, Lines(("rake",), ("x",))), order) == 14
    assert earns(PerItem(7), order) == 21


def test_what_has_no_amount_keeps_its_points_whatever_is_said_to_be_returned() -> None:
    stay = Fact("purchase", "hotel", "s1", SATURDAY, attributes={"nights": 3}, returned=Decimal(5))
    assert earns(PerUnit("nights", 500), stay) == 1500


def test_after_a_return_in_part_amounts_items_units_and_steps_are_those_of_what_is_left() -> None:
    order = bought("90", line("garden", "90", 9), attributes={"nights": 9}, returned=Decimal(30))
    assert earns(PerAmount(1), order) == 60
    assert earns(PerItem(5), order) == 30
    assert earns(PerUnit("nights", 5), order) == 30
    steps = Steps((Step(Decimal(60), 7), Step(Decimal("60.000001"), 9)))
    assert earns(steps, order) == 7
    assert earns(steps, bought("90", returned=Decimal("29.999999"))) == 9


def test_units_count_for_each_full_one_and_numbers_up_to_10_to_the_15_are_some() -> None:
    def nights(number: str) -> int:
        fact = Fact("purchase", "hotel", "s1", SATURDAY, attributes={"nights": number})
        return earns(PerUnit("nights", 1, Decimal("0.5")), fact)

    assert [nights(number) for number in ("0", "0.49", "0.5", "0.99", "1")] == [0, 0, 1, 1, 2]
    assert [nights(number) for number in ("999999999999999", "1000000000000000")] == [2 * 999999999999999, 0]
    assert earns(PerUnit("nights", 1), bought("1")) == 0


@pytest.mark.parametrize(
    ("condition", "at_the_edges"),
    [
        (OfAmount(Decimal(50), Decimal(60)), {"49.999999": 0, "50": 10, "59.999999": 10, "60": 0}),
        (OfAmount(below=Decimal(60)), {"0": 10, "59.999999": 10, "60": 0}),
    ],
)
def test_an_amount_lies_from_its_lower_bound_until_below_its_upper_one(
    condition: OfAmount, at_the_edges: dict[str, int]
) -> None:
    made = rules(rule("bonus", Add(Fixed(10)), when=condition))
    assert {amount: trace_of(made, bought(amount)).granted("points") for amount in at_the_edges} == at_the_edges


def test_an_attribute_lies_from_its_lower_bound_until_below_its_upper_one() -> None:
    made = rules(rule("bonus", Add(Fixed(10)), when=HasAttribute("legs", (), Decimal(2), Decimal(4))))
    values = {"1.9": 0, "2": 10, "3.99": 10, "4": 0, "many": 0, "-3": 0}
    facts = {value: bought(attributes={"legs": value}) for value in values}
    assert {value: trace_of(made, fact).granted("points") for value, fact in facts.items()} == values
    both = rules(rule("bonus", Add(Fixed(10)), when=HasAttribute("legs", (3, "4"), at_least=Decimal(4))))
    assert [trace_of(both, bought(attributes={"legs": value})).granted("points") for value in (3, 4, "4", 5)] == [
        0,
        0,
        10,
        0,
    ]


def test_hours_of_one_day_are_half_open_too() -> None:
    made = rules(rule("bonus", Add(Fixed(10)), when=AtHours("09:00", "17:00")))
    times = [(8, 59), (9, 0), (16, 59), (17, 0)]
    facts = [bought(at=datetime(2026, 3, 7, *time, tzinfo=UTC)) for time in times]
    assert [trace_of(made, fact).granted("points") for fact in facts] == [0, 10, 10, 0]


@pytest.mark.parametrize("moment", [ALWAYS, NEVER])
def test_a_moment_that_no_zone_knows_is_judged_as_the_nearest_that_it_does(moment: datetime) -> None:
    made = rules(rule("any", Add(Fixed(10)), when=OnWeekday(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))))
    for zone in ("Pacific/Auckland", "Pacific/Honolulu"):
        assert trace_of(made, bought(at=moment), zone=zone).granted("points") == 10


def test_a_limit_or_a_cap_that_is_just_met_keeps_nothing_back_and_is_not_named() -> None:
    made = rules(
        rule("base", Base(PerAmount(1))),
        rule("bonus", Add(Fixed(5)), caps=(Limit(5, "day"),)),
        rule("cap", Cap(15)),
    )
    trace = trace_of(made, bought("10"))
    assert [(grant.granted, grant.limit) for grant in trace.grants] == [(10, ""), (5, "")]
    less = trace_of(made, bought("11"))
    assert [(grant.granted, grant.limit) for grant in less.grants] == [(11, ""), (4, "cap")]


def test_two_effects_of_one_rule_share_its_limit() -> None:
    made = rules(rule("bonus", Add(Fixed(5)), Add(Fixed(4)), caps=(Limit(7, "day"),)))
    trace = trace_of(made, bought("10"))
    key = "member:bonus:points:day:2026-03-07"
    assert [(grant.effect, grant.granted, grant.limit) for grant in trace.grants] == [(1, 5, ""), (2, 2, key)]
    assert (trace.used, trace.uses) == ({key: 0}, {key: 7})


def test_a_limit_counts_the_points_of_its_own_currency() -> None:
    made = rules(rule("both", Add(Fixed(5)), Add(Fixed(6), "miles"), caps=(Limit(3, "day"),)))
    trace = trace_of(made, bought("1"))
    assert (trace.granted("points"), trace.granted("miles")) == (3, 6)


def test_of_equally_tight_limits_the_rules_own_is_named() -> None:
    made = rules(rule("bonus", Add(Fixed(9)), caps=(Limit(4, "day"),)), caps=(Limit(4, "year"),))
    assert trace_of(made, bought("1")).grants[0].limit == "member:bonus:points:day:2026-03-07"
    tighter = rules(rule("bonus", Add(Fixed(9)), caps=(Limit(4, "day"),)), caps=(Limit(3, "year"),))
    assert trace_of(tighter, bought("1")).grants[0].limit == "member:*:points:year:2026-01-01"


def test_more_than_64_bits_are_kept_back_by_name() -> None:
    trace = trace_of(rules(rule("a", Base(PerAmount(9223)))), bought("9" * 20))
    assert (trace.grants[0].granted, trace.grants[0].limit) == (2**63 - 1, "64 bits")


def test_a_trigger_that_a_rule_names_twice_sets_it_off_once() -> None:
    made = rules(rule("bonus", Add(Fixed(10)), on=("purchase", "purchase")))
    assert given(trace_of(made, bought("1"))) == [("bonus", 10, 10)]


def test_a_share_and_a_factor_are_of_the_base_of_their_own_currency_alone() -> None:
    made = rules(
        rule("base", Base(Fixed(10)), Base(Fixed(7), "miles")),
        rule("half", Add(Share(Decimal("0.5"))), Add(Share(Decimal("0.5")), "miles")),
        rule("double", Multiply(Decimal(2))),
    )
    assert given(trace_of(made, bought("1"))) == [
        ("base", 10, 10),
        ("base", 7, 7),
        ("double", 10, 10),
        ("half", 5, 5),
        ("half", 3, 3),
    ]


def test_a_share_of_no_base_is_nothing() -> None:
    assert given(trace_of(rules(rule("share", Add(Share(Decimal(1))))), bought("10"))) == [("share", 0, 0)]


def test_for_ever_has_no_first_day() -> None:
    assert start_of("ever", SATURDAY) == ""


def test_days_are_those_of_utc_where_no_zone_is_named() -> None:
    assert compiled(rules()).zone.key == "UTC"
