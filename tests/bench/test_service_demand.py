"""The model of what more cores give."""

import pytest

from bench.service_demand import Point, bound, fitted

DEMAND = {"worker": 40.0, "postgres": 30.0, "kafka": 10.0, "load": 20.0}


def point(processes: int, rate: float, factor: float = 1.0) -> Point:
    return Point(processes, rate, {name: value * factor for name, value in DEMAND.items()}, 0.0, [rate])


def test_cores_bound_the_rate_by_the_whole_demand() -> None:
    found = bound({"worker": 40, "postgres": 30, "kafka": 10}, cores=2, processes=2, part="worker")
    assert (found.rate, found.limit) == (25_000, "cores")


def test_one_thread_bounds_the_rate_however_many_cores_there_are() -> None:
    found = bound({"worker": 40, "postgres": 30, "kafka": 10}, cores=32, processes=2, part="worker")
    assert (found.rate, found.limit) == (50_000, "2 worker")


def test_the_load_counts_here_and_for_no_other_machine() -> None:
    model = fitted([point(1, 15_000), point(2, 18_000), point(4, 17_000)], own_cores=2, part="worker")
    assert model.efficiency == pytest.approx(18_000 * 100 / 1e6 / 2)
    assert "load" not in model.demand_us


def test_a_demand_that_grows_with_the_processes_is_told() -> None:
    model = fitted([point(1, 15_000), point(2, 16_000), point(4, 12_000, 1.5)], own_cores=2, part="worker")
    assert model.growth == pytest.approx(1.5)
