"""Redemption rates: which method speaks for which month of issue, how sure it is, and when the programme must say."""

from datetime import date

import pytest

from services.loyalty.domain.liability.cohort import Cohort, Moved, month_after
from services.loyalty.domain.liability.redemption import LEAST_MONTHS, estimate, interval, learn, next_rate
from services.loyalty.domain.liability.triangle import WINDOW, Movements, Triangle

JANUARY = date(1997, 1, 1)
OTHERWISE = 0.9


def month(number: int) -> date:
    return month_after(JANUARY, number)


def regular(months: int, points: int = 1000, pattern: tuple[int, ...] = (100, 200, 150, 50)) -> list[Moved]:
    """Each month issues `points`, of which `pattern` are redeemed at the ages 0, 1, ..."""
    return [
        Moved(Cohort(month(issued), "points", "", "EUR"), month(issued + age), points if age == 0 else 0, number)
        for issued in range(months)
        for age, number in enumerate(pattern)
    ]


def seen(moved: list[Moved], until: int) -> Triangle:
    return Movements(moved).triangle(month(until))


def test_a_triangle_holds_only_months_that_are_over() -> None:
    assert seen(regular(12), 3) == Triangle(JANUARY, [1000, 1000, 1000], [[100, 300, 450], [100, 300], [100]])
    assert seen(regular(12), 0) == Triangle(JANUARY, [], [])


def test_what_happens_in_a_month_that_isnt_over_is_not_in_the_triangle() -> None:
    now = Moved(Cohort(JANUARY, "points", "", "EUR"), month(1), 0, 50, 400)
    assert seen([*regular(1, pattern=(100,)), now], 1) == Triangle(JANUARY, [1000], [[100]])


def test_a_triangle_looks_back_on_its_window_alone() -> None:
    found = seen(regular(WINDOW + 9), WINDOW + 9)
    assert (found.first, len(found.points)) == (month(9), WINDOW)


def test_moneys_share_a_triangle_since_points_are_points() -> None:
    dollars = [Moved(Cohort(JANUARY, "points", "", "USD"), JANUARY, 500, 10)]
    assert seen([*regular(1), *dollars], 1) == Triangle(JANUARY, [1500], [[110]])


def test_points_taken_back_and_spends_taken_back_count_where_they_happened() -> None:
    back = Moved(Cohort(JANUARY, "points", "", "EUR"), month(2), 0, -250, 400)
    assert seen([*regular(1), back], 3) == Triangle(JANUARY, [600, 0, 0], [[100, 300, 200], [0, 0], [0]])


def test_regular_months_are_projected_without_error() -> None:
    found = seen(regular(12), 12)
    known = learn(found, 3)
    assert next_rate(known, OTHERWISE) == pytest.approx(0.5)
    for row in range(10):
        at = estimate(known, found, row, OTHERWISE)
        assert at.method == "chain-ladder"
        assert (at.rate, at.low, at.high) == pytest.approx((0.5, 0.5, 0.5))


def test_young_months_take_the_older_ones_rate_for_what_is_still_to_come() -> None:
    moved = [*regular(12), Moved(Cohort(month(11), "points", "", "EUR"), month(11), 0, 20)]
    found = seen(moved, 12)
    at = estimate(learn(found, 3), found, 11, OTHERWISE)
    # 120 of 1,000 are redeemed; a fifth of the end had come at this age: 0.12 + 0.8 * 0.5, nearly.
    assert at.method == "bornhuetter-ferguson"
    assert at.rate == pytest.approx(0.12 + 0.5 * (1 - 1200 / 5820), abs=0.02)
    assert estimate(learn(found, 3), found, 12, OTHERWISE).rate == pytest.approx(0.5, abs=0.01)


def test_old_months_in_which_nothing_was_redeemed_lower_the_rate_of_the_next() -> None:
    silent = Moved(Cohort(JANUARY, "points", "", "EUR"), JANUARY, 1000)
    moved = [silent, *(item for item in regular(12) if item.cohort.month != JANUARY)]
    assert next_rate(learn(seen(moved, 12), 3), OTHERWISE) == pytest.approx(0.5 * 10 / 11)


def test_nothing_more_is_expected_of_points_older_than_the_window() -> None:
    found = seen(regular(12), 12)
    assert estimate(learn(found, 3), found, -1, OTHERWISE).rate == 0


def test_with_too_little_data_the_programme_says_the_rate_and_no_interval() -> None:
    for moved, until in [
        (regular(12), LEAST_MONTHS - 1),
        (regular(12, pattern=(0, 0, 0)), 12),
        ([], 3),
    ]:
        found = seen(moved, until)
        known = learn(found, 3)
        assert next_rate(known, OTHERWISE) == OTHERWISE
        at = estimate(known, found, 0, OTHERWISE)
        assert (at.method, at.rate, at.low, at.high) == ("programme", OTHERWISE, None, None)
    assert learn(seen(regular(12), LEAST_MONTHS), 3).rate is not None


def test_the_more_the_months_differ_the_wider_the_interval() -> None:
    def uneven(by: int) -> list[Moved]:
        extra = [
            Moved(Cohort(month(issued), "points", "", "EUR"), month(issued + 1), 0, by if issued % 2 else -by)
            for issued in range(11)
        ]
        return [*regular(12), *extra]

    def width(by: int, row: int) -> float:
        found = seen(uneven(by), 12)
        at = estimate(learn(found, 3), found, row, OTHERWISE)
        assert at.low is not None
        assert at.high is not None
        assert at.low <= at.rate <= at.high
        return at.high - at.low

    for row in (10, 12):
        assert width(0, row) < 0.001 < width(20, row) < width(80, row)


def test_months_that_are_done_and_differ_make_the_next_uncertain() -> None:
    # Ten months, of whose 1,000 points 400 or 600 are redeemed at once and none later: the standard deviation of
    # their rates is 0.1 * sqrt(10 / 9), and nothing else errs.
    moved = [
        Moved(Cohort(month(issued), "points", "", "EUR"), month(issued), 1000, 600 if issued % 2 else 400)
        for issued in range(10)
    ]
    known = learn(seen(moved, 10), 1)
    assert known.rate == pytest.approx(0.5)
    assert known.error == pytest.approx(0.1 * (10 / 9) ** 0.5)


def test_an_interval_is_that_of_a_lognormal_variable() -> None:
    # sigma^2 = ln(1 + 0.5^2) = 0.22314, mu = ln 100 - 0.11157; exp(mu -+ 1.95996 sigma)
    assert interval(100, 50) == pytest.approx((35.437, 225.75), abs=0.01)
    assert interval(100, 0) == (100, 100)
    assert interval(-1, 5) == (0, 0)
    assert interval(1, 10**5)[1] == 1


def of_months(*redeemed: int, points: int) -> list[Moved]:
    """Months that issue `points` each, of which so many are redeemed at once and none later."""
    cohorts = [Cohort(month(issued), "points", "", "EUR") for issued in range(len(redeemed))]
    return [Moved(one, one.month, points, number) for one, number in zip(cohorts, redeemed, strict=True)]


@pytest.mark.parametrize(
    ("moved", "rate", "variance"),
    [
        (of_months(400, points=1000), 0.4, 0),  # one month alone doesn't differ
        (of_months(400, 600, points=1000), 0.5, 0.02),  # 2 x 0.1^2 / 2 x 2 / 1
        (of_months(1, 0, 1, 0, 1, 0, 1, 0, 1, points=1), 5 / 9, 20 / 81 * 9 / 8),
    ],
)
def test_the_spread_of_the_months_counts_each_that_issued_a_point(
    moved: list[Moved], rate: float, variance: float
) -> None:
    known = learn(seen(moved, 9), 1)
    assert known.rate == pytest.approx(rate)
    assert known.error == pytest.approx(variance**0.5)


def test_a_month_of_which_nothing_can_be_projected_is_expected_to_go_as_the_others() -> None:
    found = seen(regular(12, pattern=(0, 0, 300, 100)), 12)
    known = learn(found, 4)
    assert estimate(known, found, 11, OTHERWISE).rate == pytest.approx(0.4)


def test_what_is_given_back_later_lets_nobody_expect_less_than_nothing() -> None:
    late = Moved(Cohort(month(12), "points", "", "EUR"), month(12), 1000)
    found = seen([*regular(12, pattern=(400, -100)), late], 13)
    assert estimate(learn(found, 2), found, 12, OTHERWISE).rate == 0
