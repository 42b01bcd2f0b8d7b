"""What rules give, by hand: the kinds of terms that airlines, shops and hotels publish, reckoned on paper."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.loyalty.domain.rules.amounts import Fixed, PerAmount, PerItem, PerUnit, Share, Step, Steps
from services.loyalty.domain.rules.asking import Asked, asked_of
from services.loyalty.domain.rules.conditions import (
    All,
    AnyOf,
    AtHours,
    Bought,
    Condition,
    FirstPurchase,
    HasAttribute,
    InDates,
    InMoney,
    InSegment,
    NearBirthday,
    Not,
    OfAmount,
    OfTier,
    OnWeekday,
    OverChannel,
    WithConsent,
    WithPartner,
)
from services.loyalty.domain.rules.counted import Counted, Lines
from services.loyalty.domain.rules.fact import Fact, Member
from services.loyalty.domain.rules.language import Add, Base, Cap, Group, Limit, Multiply, Stacking, Window
from tests.loyalty.rule_sets import ANYONE, SATURDAY, bought, given, line, rule, rules, trace_of

BASE = rule("base", Base(PerAmount(1)))
GOLD = Member("gold", frozenset({"regular"}), 3, consents=frozenset({"marketing"}), near_birthday=(2,))


def earns(amount: PerAmount | Fixed | PerItem | PerUnit | Steps, fact: Fact) -> int:
    return trace_of(rules(rule("base", Base(amount))), fact).granted("points")


@pytest.mark.parametrize(
    ("amount", "points"), [("0", 0), ("0.99", 0), ("1.00", 1), ("49.90", 49), ("999999999999.99", 999999999999)]
)
def test_points_per_amount_floor_over_the_order_total(amount: str, points: int) -> None:
    assert earns(PerAmount(1), bought(amount, line("a", "0"), line("b", "0"))) == points


def test_five_for_each_full_unit_and_one_for_each_full_fifth_are_not_the_same() -> None:
    assert earns(PerAmount(5), bought("49.90")) == 245
    assert earns(PerAmount(1, Decimal("0.20")), bought("49.90")) == 249


def test_tax_and_what_points_paid_for_are_left_out_where_the_rule_says_so() -> None:
    order = bought("119.00", tax=Decimal("19.00"), paid_with_points=Decimal("30.00"))
    assert earns(PerAmount(1), order) == 89
    assert earns(PerAmount(1, counted=Counted(paid_with_points="included")), order) == 119
    assert earns(PerAmount(1, counted=Counted("excluded", "included")), order) == 100
    assert earns(PerAmount(1, counted=Counted("excluded")), order) == 70


ORDER = bought("100.00", line("garden/tools", "40.50"), line("gift-cards", "30.00"), line("books", "19.75", 3, "novel"))


@pytest.mark.parametrize(
    ("lines", "points"),
    [
        (Lines(), 100),
        (Lines(categories=("garden",)), 40),
        (Lines(categories=("gar",)), 0),
        (Lines(categories=("garden", "books")), 60),  # 60.25: floored over the lines' total, not line by line
        (Lines(products=("novel",)), 19),
        (Lines(except_categories=("gift-cards",)), 70),  # and 9.75 of shipping, which no line tells of
        (Lines(categories=("garden", "books"), except_products=("novel",)), 40),
    ],
)
def test_the_lines_that_a_rule_names_earn_over_their_total(lines: Lines, points: int) -> None:
    assert earns(PerAmount(1, counted=Counted(lines=lines)), ORDER) == points


def test_what_is_left_out_is_spread_over_the_lines_by_their_amounts() -> None:
    order = bought("100.00", line("garden", "40.00"), line("books", "60.00"), paid_with_points=Decimal("50.00"))
    assert earns(PerAmount(1, counted=Counted(lines=Lines(categories=("garden",)))), order) == 20


def test_items_units_and_steps() -> None:
    assert earns(PerItem(10, Lines(categories=("books",))), ORDER) == 30
    stay = Fact("purchase", "hotel", "s1", SATURDAY, attributes={"nights": "3.5"})
    assert earns(PerUnit("nights", 500), stay) == 1500
    assert [
        earns(PerUnit("nights", 500), Fact("purchase", "hotel", "s1", SATURDAY, attributes={"nights": odd}))
        for odd in (True, "many", -3, "NaN", "1e99")
    ] == [0, 0, 0, 0, 0]
    steps = Steps((Step(Decimal(50), 100), Step(Decimal(100), 250)))
    assert [earns(steps, bought(amount)) for amount in ("49.99", "50", "99.99", "100", "5000")] == [
        0,
        100,
        100,
        250,
        250,
    ]


def test_base_then_multiply_then_add_then_cap_whatever_their_order_in_the_file() -> None:
    made = rules(
        rule("cap", Cap(1000)),
        rule("add", Add(Fixed(500))),
        rule("share", Add(Share(Decimal("0.25")))),
        rule("double", Multiply(Decimal(2))),
        rule("base", Base(PerAmount(3))),
    )
    # 3 x 100 = 300; doubled 600; a quarter of the base 75; 500 more; 1,175 capped at 1,000
    trace = trace_of(made, bought("100.50"))
    assert given(trace) == [("base", 300, 300), ("double", 300, 300), ("add", 500, 400), ("share", 75, 0)]
    assert [grant.limit for grant in trace.grants] == ["", "", "cap", "cap"]


def test_factors_multiply_each_other_and_are_floored_once() -> None:
    made = rules(BASE, rule("a", Multiply(Decimal("1.5"))), rule("b", Multiply(Decimal("1.5"))))
    assert given(trace_of(made, bought("7"))) == [("base", 7, 7), ("a", 3, 3), ("b", 5, 5)]  # 7, 10.5, 15.75
    assert trace_of(made, bought("5")).granted("points") == 11  # 11.25; floored twice it were 7, then 10


def test_currencies_are_reckoned_apart() -> None:
    flight = rule("flight", Base(PerAmount(5), "miles"), Base(PerAmount(1), "points"))
    tier = rule("gold", Multiply(Decimal("1.5"), "miles"), when=OfTier(("gold",)))
    trace = trace_of(rules(flight, tier), bought("200.40"), GOLD)
    assert (trace.granted("miles"), trace.granted("points")) == (1500, 200)
    assert list(trace.currencies()) == ["miles", "points"]


CONDITIONS: list[tuple[Condition, Fact, Member, object]] = [
    (InSegment(("regular", "new")), bought(), GOLD, True),
    (InSegment(("new",)), bought(), GOLD, False),
    (OfTier(("silver", "gold")), bought(), GOLD, True),
    (OfTier(("silver",)), bought(), ANYONE, False),
    (WithConsent(("marketing", "profiling")), bought(), GOLD, True),
    (WithConsent(("profiling",)), bought(), GOLD, False),
    (WithConsent(("marketing",)), bought(), ANYONE, False),
    (OverChannel(("web",)), bought(channel="web"), ANYONE, True),
    (OverChannel(("web",)), bought(channel="store"), ANYONE, False),
    (WithPartner(("hotel",)), bought(partner="hotel"), ANYONE, True),
    (WithPartner(("hotel",)), bought(), ANYONE, False),
    (InMoney(("EUR",)), bought(), ANYONE, True),
    (InMoney(("USD",)), bought(), ANYONE, False),
    (Bought(Lines(categories=("garden",))), ORDER, ANYONE, True),
    (Bought(Lines(categories=("toys",))), ORDER, ANYONE, False),
    (OnWeekday(("sat",)), bought(), ANYONE, True),
    (OnWeekday(("sun",)), bought(), ANYONE, False),
    (FirstPurchase(), bought(), ANYONE, True),
    (FirstPurchase(), bought(), GOLD, False),
    (OfAmount(Decimal(50)), bought("50"), ANYONE, True),
    (OfAmount(Decimal(50)), bought("49.99"), ANYONE, False),
    (OfAmount(below=Decimal(50)), bought("50"), ANYONE, False),
    (OfAmount(Decimal(50)), bought("60", paid_with_points=Decimal(20)), ANYONE, False),
    (HasAttribute("fare", ("flex", "full")), bought(attributes={"fare": "flex"}), ANYONE, True),
    (HasAttribute("fare", ("flex",)), bought(attributes={"fare": "light"}), ANYONE, False),
    (HasAttribute("legs", (1,)), bought(attributes={"legs": True}), ANYONE, False),
    (HasAttribute("legs", at_least=Decimal(2)), bought(attributes={"legs": "2.0"}), ANYONE, True),
    (HasAttribute("legs", below=Decimal(2)), bought(attributes={"legs": 2}), ANYONE, False),
    (HasAttribute("legs"), bought(), ANYONE, False),
    (NearBirthday(2), bought(), GOLD, True),
    (NearBirthday(1), bought(), GOLD, False),
    (NearBirthday(60), bought(), ANYONE, False),
    (All((OnWeekday(("sat",)), OfTier(("gold",)))), bought(), ANYONE, False),
    (AnyOf((OnWeekday(("sat",)), OfTier(("gold",)))), bought(), ANYONE, True),
    (Not(OfTier(("gold",))), bought(), ANYONE, True),
]


@pytest.mark.parametrize(("condition", "fact", "member", "holds"), CONDITIONS)
def test_a_rule_applies_where_its_condition_holds(
    condition: Condition, fact: Fact, member: Member, holds: object
) -> None:
    trace = trace_of(rules(rule("bonus", Add(Fixed(10)), when=condition)), fact, member)
    assert trace.granted("points") == (10 if holds else 0)


def at(hour: int, minute: int = 0, day: int = 7) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_days_and_hours_are_those_of_the_programmes_zone() -> None:
    late = rules(rule("night", Add(Fixed(10)), when=AtHours("22:00", "02:00")))
    sunday = rules(rule("sunday", Add(Fixed(10)), when=OnWeekday(("sun",))))
    hours = [(20, 59), (21, 0), (0, 59), (1, 0)]  # an hour earlier than in Berlin
    assert [trace_of(late, bought(at=at(*hour)), zone="Europe/Berlin").granted("points") for hour in hours] == [
        0,
        10,
        10,
        0,
    ]
    assert trace_of(sunday, bought(at=at(23, 30)), zone="Europe/Berlin").granted("points") == 10
    assert trace_of(sunday, bought(at=at(23, 30))).granted("points") == 0


def test_days_are_half_open() -> None:
    march = rules(rule("march", Add(Fixed(10)), when=InDates(date(2026, 3, 7), date(2026, 3, 8))))
    whole = rules(rule("march", Add(Fixed(10)), since=date(2026, 3, 7), until=date(2026, 3, 8)))
    for made in (march, whole):
        times = (at(23, 59, 6), at(0), at(23, 59), at(0, 0, 8))
        assert [trace_of(made, bought(at=time)).granted("points") for time in times] == [0, 10, 10, 0]


def test_a_rule_set_says_what_it_wants_to_know_of_a_member() -> None:
    inner = AnyOf((Not(WithConsent(("marketing",))), All((NearBirthday(3), NearBirthday(0)))))
    assert asked_of(rules(BASE)) == Asked()
    assert asked_of(rules(BASE, rule("a", Add(Fixed(1)), when=inner))) == Asked(False, True, (0, 3))
    assert Asked(True) | Asked(near_birthday=(2,)) == Asked(True, False, (2,))


FIVE, TEN = Add(Fixed(5)), Add(Fixed(10))


def test_of_an_exclusive_group_the_best_or_the_first_takes_effect() -> None:
    rivals = (
        rule("small", FIVE, groups=("g",), priority=1, when=OnWeekday(("sat",))),
        rule("large", TEN, groups=("g",)),
    )
    best, first = (rules(BASE, *rivals, groups=(Group("g", pick),)) for pick in ("best", "first"))
    assert given(trace_of(best, bought("1"))) == [("base", 1, 1), ("large", 10, 10)]
    assert trace_of(best, bought("1")).passed_over == {"small:1": "g"}
    assert given(trace_of(first, bought("1"))) == [("base", 1, 1), ("small", 5, 5)]


def test_rivals_are_worth_what_they_give_in_the_order_in_which_all_effects_take_place() -> None:
    """Where the first multiplier alone takes place, that of a rival of higher priority is it."""
    five, bonus = (
        rule("five", Multiply(Decimal(5)), groups=("g",), priority=1, when=OnWeekday(("sat",))),
        rule("bonus", Add(Fixed(15)), groups=("g",)),
    )
    two, first = rule("two", Multiply(Decimal(2))), Stacking(multiply="first")
    made = rules(BASE, two, five, bonus, groups=(Group("g"),), stacking=first)
    assert trace_of(made, bought("10")).granted("points") == 50


def test_a_multiplier_is_worth_what_it_makes_of_the_base_beside_the_group() -> None:
    double, bonus = rule("double", Multiply(Decimal(2)), groups=("g",)), rule("bonus", TEN, groups=("g",))
    made = rules(BASE, double, bonus, groups=(Group("g"),))
    assert [trace_of(made, bought(amount)).granted("points") for amount in ("9", "11")] == [19, 22]


def test_of_a_phase_all_or_the_best_or_the_first_take_place() -> None:
    those = (
        BASE,
        rule("two", Multiply(Decimal(2)), priority=1, when=OnWeekday(("sat",))),
        rule("x", Multiply(Decimal(3))),
    )
    totals = [
        trace_of(rules(*those, stacking=Stacking(multiply=pick)), bought("10")).granted("points")
        for pick in ("all", "best", "first")
    ]
    assert totals == [60, 30, 20]


def test_caps_and_budgets_leave_what_is_left_in_their_windows_and_name_what_was_tightest() -> None:
    made = rules(
        BASE,
        rule("bonus", Add(Fixed(100)), caps=(Limit(250, "month"),), budgets=(Limit(1000, "day"),)),
        caps=(Limit(500, "year"),),
    )
    month, day, year = (
        "member:bonus:points:month:2026-03-01",
        "all:bonus:points:day:2026-03-07",
        "member:*:points:year:2026-01-01",
    )
    free = trace_of(made, bought("10"))
    assert (free.granted("points"), free.used) == (110, {year: 0, month: 0, day: 0})
    assert free.uses == {year: 110, month: 100, day: 100}
    short = trace_of(made, bought("10"), used={month: 220})
    assert (short.grants[1].granted, short.grants[1].limit) == (30, month)
    spent = trace_of(made, bought("10"), used={day: 1000, month: 220})
    assert (spent.grants[1].granted, spent.grants[1].limit) == (0, day)
    whole = trace_of(made, bought("10"), used={year: 495})
    assert given(whole) == [("base", 10, 5), ("bonus", 100, 0)]
    over = trace_of(made, bought("10"), used={year: 700})
    assert over.granted("points") == 0


def test_windows_begin_by_the_programmes_calendar() -> None:
    windows: tuple[Window, ...] = ("day", "week", "month", "year", "ever")
    caps = tuple(Limit(9, window) for window in windows)
    keys = list(trace_of(rules(rule("a", FIVE, caps=caps)), bought(at=at(23, 30, 31)), zone="Europe/Berlin").used)
    assert [key.split(":")[-1] for key in keys] == ["2026-04-01", "2026-03-30", "2026-04-01", "2026-01-01", ""]


def test_of_several_caps_the_lowest_counts() -> None:
    made = rules(BASE, rule("wide", Cap(50)), rule("narrow", Cap(20)), rule("wider", Cap(70)))
    trace = trace_of(made, bought("60"))
    assert [(grant.granted, grant.limit) for grant in trace.grants] == [(20, "narrow")]
