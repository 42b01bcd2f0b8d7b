"""Percentiles of latencies, exact: by sorting all of them, which are at most some hundred thousand floats a window."""

from collections.abc import Sequence

from msgspec import Struct


class Percentiles(Struct, frozen=True):
    """Milliseconds within which so many of all answered, by nearest rank: no value is made up between two."""

    count: int
    p50: float
    p90: float
    p99: float
    p999: float
    max: float


def percentiles(seconds: Sequence[float]) -> Percentiles:
    """Return the percentiles of latencies in seconds. ValueError: there are none."""
    if not seconds:
        raise ValueError("nothing was measured")
    ordered = sorted(seconds)
    p50, p90, p99, p999 = (ordered[_rank(len(ordered), share)] * 1000 for share in (500, 900, 990, 999))
    return Percentiles(len(ordered), p50, p90, p99, p999, ordered[-1] * 1000)


def _rank(count: int, of_a_thousand: int) -> int:
    """Return the place (from 0) of the smallest value that so many of a thousand don't exceed."""
    return max(0, -(-count * of_a_thousand // 1000) - 1)
