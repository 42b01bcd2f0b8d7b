"""A figure is made of all its repeats."""

import pytest

from bench.figures import FOCUS, Found, measured


async def test_a_figure_is_the_median_of_its_repeats_and_keeps_all_of_them() -> None:
    values, others = iter([3.0, 1.0, 2.0]), iter([Found(4, {"p50": 1}), Found(8, {"p50": 2}), Found(5, {"p50": 3})])

    async def measure() -> float:
        return next(values)

    async def peer() -> Found:
        return next(others)

    figure = await measured("x", "events/s", measure, "> 1", "the peer", peer)
    assert (figure.value, figure.values, figure.spread) == (2, [3, 1, 2], 1)
    assert (figure.beside_value, figure.beside_values, figure.beside_details) == (5, [4, 8, 5], {"p50": 3})
    assert figure.ratio == pytest.approx(0.4)


async def test_with_another_figure_in_focus_one_is_measured_once_and_its_peer_not_at_all() -> None:
    calls: list[str] = []

    async def measure() -> float:
        calls.append("figure")
        return 1.0

    async def peer() -> float:
        calls.append("peer")
        return 1.0

    token = FOCUS.set("other")
    try:
        await measured("x", "events/s", measure, "> 1", "the peer", peer)
    finally:
        FOCUS.reset(token)
    assert calls == ["figure"]
