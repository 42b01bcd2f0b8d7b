"""Percentiles are exact."""

import pytest

from bench.latency import percentiles


def test_percentiles_are_values_that_were_measured_by_nearest_rank() -> None:
    found = percentiles([number / 1000 for number in range(1000, 0, -1)])
    assert (found.p50, found.p90, found.p99, found.p999, found.max) == (500, 900, 990, 999, 1000)


def test_one_slow_answer_of_ten_is_the_p99_and_not_the_p90() -> None:
    found = percentiles([0.001] * 9 + [1.0])
    assert (found.count, found.p90, found.p99, found.max) == (10, 1, 1000, 1000)


def test_nothing_measured_has_no_percentiles() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        percentiles([])
