"""Chain ladder against the triangle of Taylor and Ashe (1983), with the figures that Mack (1993) printed for it."""

from math import exp, log
from statistics import linear_regression

import pytest

from services.loyalty.domain.liability.chain_ladder import Development, develop, project, total_error
from services.loyalty.domain.liability.tail import FARTHEST, tail

TAYLOR_ASHE = [
    [357848, 1124788, 1735330, 2218270, 2745596, 3319994, 3466336, 3606286, 3833515, 3901463],
    [352118, 1236139, 2170033, 3353322, 3799067, 4120063, 4647867, 4914039, 5339085],
    [290507, 1292306, 2218525, 3235179, 3985995, 4132918, 4628910, 4909315],
    [310608, 1418858, 2195047, 3757447, 4029929, 4381982, 4588268],
    [443160, 1136350, 2128333, 2897821, 3402672, 3873311],
    [396132, 1333217, 2180715, 2985752, 3691712],
    [440832, 1288463, 2419861, 3483130],
    [359480, 1421128, 2864498],
    [376686, 1363294],
    [344014],
]
FACTORS = [3.491, 1.747, 1.457, 1.174, 1.104, 1.086, 1.054, 1.077, 1.018]
RESERVES = [0, 94634, 469511, 709638, 984889, 1419459, 2177641, 3920301, 4278972, 4625811]
ERRORS = [0, 75535, 121699, 133549, 261406, 411010, 558317, 875328, 971258, 1363155]


def test_factors_are_those_that_mack_printed() -> None:
    development = develop(TAYLOR_ASHE)
    assert [round(step.factor, 3) for step in development.steps] == FACTORS
    assert development.to_ultimate(0) == pytest.approx(14.4466, abs=0.0005)
    assert development.to_ultimate(9) == 1


def test_what_is_still_to_come_and_its_standard_errors_are_those_that_mack_printed() -> None:
    development = develop(TAYLOR_ASHE)
    projected = project(TAYLOR_ASHE, development)
    to_come = [item.ultimate - TAYLOR_ASHE[item.row][-1] for item in projected]
    assert to_come == pytest.approx(RESERVES, abs=1)
    assert [item.error for item in projected] == pytest.approx(ERRORS, abs=1)


def test_the_total_errs_by_what_mack_printed_which_is_more_than_if_rows_were_independent() -> None:
    development = develop(TAYLOR_ASHE)
    projected = project(TAYLOR_ASHE, development)
    assert sum(item.ultimate for item in projected) - sum(row[-1] for row in TAYLOR_ASHE) == pytest.approx(
        18680856, abs=1
    )
    assert total_error(TAYLOR_ASHE, projected, development) == pytest.approx(2447095, abs=1)
    assert total_error(TAYLOR_ASHE, projected, development) > sum(error**2 for error in ERRORS) ** 0.5


def test_rows_without_anything_tell_nothing_of_growth() -> None:
    rows = [row[:-1] if len(row) == 10 else row for row in TAYLOR_ASHE]
    assert develop([[0] * 9, *rows]) == develop(rows)
    assert 0 not in [item.row for item in project([[0] * 9, *rows], develop(rows))]


def test_from_an_age_before_any_growth_was_seen_nothing_can_be_projected() -> None:
    rows = [[0, 0, 10, 15], [0, 0, 20], [0, 0], [0]]
    development = develop(rows)
    assert development.to_ultimate(0) is None
    assert development.to_ultimate(2) == 1.5
    assert [item.row for item in project(rows, development)] == [0, 1]


def test_an_age_at_which_nothing_could_grow_stays_as_it_is() -> None:
    development = develop([[0, 0, 0, 0], [10, 30, 30], [20, 60], [5]])
    assert [step.factor for step in development.steps] == [3, 1, 1]


def test_nothing_develops_from_nothing() -> None:
    assert develop([]) == Development(0, [], 1.0)
    assert develop([[5]]).to_ultimate(0) is None
    assert project([[], [0]], develop([[], [0]])) == []


def test_a_tail_carries_on_how_the_excess_of_the_factors_fades() -> None:
    fading = [1 + exp(-0.5 * age) for age in range(10)]
    expected = 1.0
    for age in range(10, 24):
        expected *= 1 + exp(-0.5 * age)
    assert tail(fading, 0, 24) == pytest.approx(expected)
    assert log(tail(fading, 0, None)) == pytest.approx(log(expected), rel=0.001)


@pytest.mark.parametrize(
    ("factors", "ages"),
    [
        ([1.9, 1.5, 1.3, 1.2, 1.1, 1.05], 6),  # points lapse before anything could follow
        ([1.5, 1.5, 1.5, 1.5, 1.5, 1.5], None),  # doesn't fade
        ([1.9, 1.5, 1.0, 1.0, 1.1, 1.05], None),  # two factors are no line
        ([2.0] * (FARTHEST + 1), None),
    ],
)
def test_no_tail_is_assumed_where_nothing_is_known_of_one(factors: list[float], ages: int | None) -> None:
    assert tail(factors, 0, ages) == 1


def test_a_tail_follows_the_older_half_alone_which_needs_three_factors() -> None:
    older = [(3, 1.4), (4, 1.2), (5, 1.1), (6, 1.05)]
    line = linear_regression([age for age, _ in older], [log(factor - 1) for _, factor in older])
    expected = 1 + exp(line.intercept + line.slope * 7)
    assert tail([9.0, 9.0, 9.0, 1.4, 1.2, 1.1, 1.05], 0, 8) == pytest.approx(expected)
    assert tail([5.0, 5.0, 1.4, 1.2, 1.1], 0, 6) > 1


def test_of_one_row_the_total_errs_as_much_as_the_row() -> None:
    rows = [[1.0, 2.0, 3.0], [1.0, 3.0], [2.0]]
    development = develop(rows)
    for item in project(rows, development)[1:]:
        assert total_error(rows, [item], development) == pytest.approx(item.error)
