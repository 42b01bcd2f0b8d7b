"""The contract liability: IFRS 15's own example to the unit, and what holds for any cohorts."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.liability.allocation import allocated, recognised, to_rate
from services.loyalty.domain.liability.assumptions import Assumptions
from services.loyalty.domain.liability.cohort import Cohort, Moved, age, month_after
from services.loyalty.domain.liability.liability import Line, lines
from services.loyalty.domain.liability.total import totals
from services.loyalty.domain.money import to_cents

JANUARY = date(2026, 1, 1)
ONE = Cohort(JANUARY, "points", "", "EUR")
PLAIN = Assumptions(Decimal("0.01"), Decimal("0.8"), 12)


def month(number: int) -> date:
    return month_after(JANUARY, number)


def plain(currency: str, at: date) -> Assumptions:
    return PLAIN


def by_hand(*moved: Moved, until: int = 1) -> Line:
    (line,) = lines(moved, month(until), plain)
    return line


def sold(points: int, price: str, cohort: Cohort = ONE) -> Moved:
    return Moved(cohort, cohort.month, points, price=Decimal(price), goods=Decimal(price))


# IFRS 15, Illustrative Example 52 (IE267-IE270): CU100,000 of goods, 10,000 points of CU1 each, 9,500 expected to be
# redeemed; 4,500 in the first period; 8,500 by the end of the second, in which 9,700 are expected.
EXAMPLE = [sold(10_000, "100000"), Moved(ONE, month(0), redeemed=4_500), Moved(ONE, month(1), redeemed=4_000)]


def example(currency: str, at: date) -> Assumptions:
    return Assumptions(Decimal(1), Decimal("0.95") if at <= month(1) else Decimal("0.97"))


def whole(*amounts: Decimal) -> list[int]:
    return [round(amount) for amount in amounts]


def test_ifrs_15_example_52_at_the_end_of_the_first_period() -> None:
    (line,) = lines(EXAMPLE[:2], month(1), example)
    assert whole(line.allocated, Decimal(100_000) - line.allocated) == [8_676, 91_324]
    assert line.expected == 9_500
    assert line.method == "programme"
    assert whole(line.revenue, line.liability) == [4_110, 4_566]
    assert (line.allocated, line.revenue, line.liability) == (
        Decimal("8675.80"),
        Decimal("4109.59"),
        Decimal("4566.21"),
    )


def test_ifrs_15_example_52_at_the_end_of_the_second_period_with_a_new_estimate() -> None:
    (first,) = lines(EXAMPLE[:2], month(1), example)
    (second,) = lines(EXAMPLE, month(2), example)
    assert second.allocated == first.allocated
    assert second.expected == 9_700
    assert whole(second.revenue - first.revenue, second.liability) == [3_493, 1_073]
    # The standard says 7,603, since it goes on from the rounded 8,676: 8,676 * 8,500 / 9,700 = 7,602.68.
    assert second.revenue == Decimal("7602.50")


def test_points_that_a_partner_pays_for_have_no_goods_to_share_the_price_with() -> None:
    bought = Moved(ONE, JANUARY, 1_000, price=Decimal(15))
    assert by_hand(bought).allocated == 15


def test_points_without_a_sale_carry_no_price() -> None:
    line = by_hand(Moved(ONE, JANUARY, 1_000))
    assert line.allocated == line.liability == 0
    assert line.position.outstanding == 1_000


def test_a_return_takes_its_price_and_points_out_again() -> None:
    returned = Moved(ONE, month(1), reversed=100, price=Decimal(-100), goods=Decimal(-100))
    kept = by_hand(sold(300, "300"))
    assert by_hand(sold(300, "300"), sold(100, "100"), returned, until=2).liability == kept.liability
    assert by_hand(sold(100, "100"), returned, until=2).allocated == 0


def test_lapsed_points_are_expected_no_longer_and_the_rest_is_measured_against_what_still_can_be() -> None:
    # 1,000 points at 0.01 * 0.8 beside 1,000 of goods: 1000 * 8 / 1008 = 7.94; 300 redeemed, 500 lapsed, 200 open.
    line = by_hand(sold(1_000, "1000"), Moved(ONE, JANUARY, redeemed=300, lapsed=500))
    assert line.allocated == Decimal("7.94")
    assert line.expected == 500
    assert line.revenue == Decimal("4.76")


def test_a_price_is_shared_by_what_was_known_when_its_month_began() -> None:
    history = [
        item
        for number in range(12)
        for item in (
            sold(1_000, "1000", Cohort(month(number), "points", "", "EUR")),
            Moved(Cohort(month(number), "points", "", "EUR"), month(number), redeemed=300),
            Moved(Cohort(month(number), "points", "", "EUR"), month(number + 1), redeemed=100),
        )
    ]
    found = lines(history, month(13), plain)
    assert [line.initial_rate for line in found[:6]] == [Decimal("0.8")] * 6
    assert found[6].initial_rate == Decimal("0.4")
    assert {line.method for line in found} == {"chain-ladder"}
    assert [line.liability for line in found] == [0] * 12


def test_totals_add_up_bounds_too() -> None:
    history = [
        item
        for number in range(12)
        for one in [Cohort(month(number), "points", "", "EUR")]
        for item in (
            sold(100_000, "100000", one),
            Moved(one, month(number), redeemed=30_000 + 999 * (number % 3)),
            Moved(one, month(number + 1), redeemed=10_000 - 777 * (number % 2)),
        )
    ]
    found = lines([item for item in history if item.month < month(12)], month(12), plain)
    (total,) = totals(found)
    assert total.low == sum(line.low for line in found if line.low is not None)
    assert total.high == sum(line.high for line in found if line.high is not None)
    assert total.low < total.liability < total.high


@pytest.mark.parametrize(
    ("amount", "money", "expected"),
    [("2.345", "EUR", "2.35"), ("2.344", "EUR", "2.34"), ("2.5", "JPY", "3"), ("2.34567", "KWD", "2.346")],
)
def test_amounts_are_rounded_to_the_smallest_unit_halves_upwards(amount: str, money: str, expected: str) -> None:
    assert str(to_cents(Decimal(amount), money)) == expected


def test_shares_stay_within_their_price() -> None:
    assert allocated(Decimal(100), Decimal(0), Decimal(0)) == 0
    assert allocated(Decimal(-5), Decimal(100), Decimal(10)) == 0
    assert recognised(Decimal(10), 5, Decimal(0)) == 10
    assert recognised(Decimal(10), 5, Decimal(4)) == 10
    assert recognised(Decimal(10), -1, Decimal(4)) == 0
    assert to_rate(1.5) == 1
    assert to_rate(-0.5) == 0


def test_a_month_before_its_own_issue_counts_as_of_it() -> None:
    assert age(JANUARY, month(-1)) == 0
    assert age(JANUARY, month(14)) == 14
    assert month_after(JANUARY, -1) == date(2025, 12, 1)


def cohort(number: int, partner: str, money: str) -> Cohort:
    return Cohort(month(number), "points", partner, money)


COHORTS = st.builds(cohort, st.integers(0, 14), st.sampled_from(["", "air"]), st.sampled_from(["EUR", "JPY"]))


@st.composite
def histories(draw: st.DrawFn) -> list[Moved]:
    """What may befall cohorts: never more leaves one than is in it."""
    moved = []
    for one in draw(st.lists(COHORTS, unique=True, min_size=1, max_size=12)):
        left = points = draw(st.integers(0, 2_000))
        price = Decimal(draw(st.integers(0, 10**6))).scaleb(0 if one.money == "JPY" else -2)
        moved.append(Moved(one, one.month, points, price=price, goods=price))
        for after in sorted(draw(st.lists(st.integers(0, 15), max_size=5))):
            used, back, lost = (draw(st.integers(0, left // 3)) for _ in range(3))
            left -= used + back + lost
            moved.append(Moved(one, month_after(one.month, after), 0, used, back, lost))
    return moved


@settings(max_examples=200, deadline=None)
@for_all(histories(), st.integers(0, 30))
def test_a_liability_is_never_negative_and_never_above_what_was_allocated(moved: list[Moved], until: int) -> None:
    for line in lines(known(moved, until), month(until), plain):
        assert 0 <= line.liability <= line.allocated <= line.position.price
        assert line.allocated == line.revenue + line.liability
        assert line.position.redeemed <= line.expected <= line.position.redeemed + line.position.outstanding
        if line.low is not None:
            assert line.high is not None
            assert 0 <= line.low <= line.liability <= line.high <= line.allocated


@settings(max_examples=100, deadline=None)
@for_all(histories(), st.sampled_from(["redeemed", "lapsed"]))
def test_nothing_is_owed_once_all_is_redeemed_or_lapsed(moved: list[Moved], way: str) -> None:
    open_points = {line.cohort: line.position.outstanding for line in lines(moved, month(31), plain)}
    rest = [structs.replace(Moved(one, month(31)), **{way: points}) for one, points in open_points.items()]
    assert {line.liability for line in lines([*moved, *rest], month(32), plain)} == {0}


@settings(max_examples=100, deadline=None)
@for_all(histories())
def test_totals_are_the_sums_of_their_cohorts_cents_and_pools_stand_alone(moved: list[Moved]) -> None:
    found = lines(moved, month(31), plain)
    apart = [
        line
        for partner in ("", "air")
        for line in lines([item for item in moved if item.cohort.partner == partner], month(31), plain)
    ]
    assert sorted(apart, key=lambda line: line.cohort) == found
    for total in totals(found):
        own = [line for line in found if line.cohort.money == total.money]
        assert total.liability == sum(line.liability for line in own)
        assert total.allocated == total.revenue + total.liability
        assert total.low <= total.liability <= total.high
    assert sum(total.points for total in totals(found)) == sum(line.position.points for line in found)


@settings(max_examples=100, deadline=None)
@for_all(histories(), st.randoms(use_true_random=False), st.integers(0, 30))
def test_as_of_a_month_the_order_in_which_one_learned_plays_no_part(
    moved: list[Moved], random: Random, until: int
) -> None:
    shuffled = known(moved, until)
    random.shuffle(shuffled)
    assert lines(shuffled, month(until), plain) == lines(known(moved, until), month(until), plain)


@settings(max_examples=100, deadline=None)
@for_all(histories(), st.integers(0, 30), st.integers(0, 30))
def test_what_happens_later_never_changes_how_a_price_was_shared(moved: list[Moved], early: int, late: int) -> None:
    early, late = min(early, late), max(early, late)
    before = {line.cohort: line.initial_rate for line in lines(known(moved, early), month(early), plain)}
    after = {line.cohort: line.initial_rate for line in lines(known(moved, late), month(late), plain)}
    assert before.items() <= after.items()


def known(moved: Sequence[Moved], until: int) -> list[Moved]:
    """What had happened by the end of a month."""
    return [item for item in moved if item.month <= month(until)]
