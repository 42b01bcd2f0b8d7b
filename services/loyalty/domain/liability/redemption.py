"""The redemption rate: what history says of how many points will be used in the end, and how sure it is.

- Chain ladder (Mack 1993) for months of issue that have shown at least MATURE of what they will.
- Younger ones: R. L. Bornhuetter and R. E. Ferguson, "The Actuary and IBNR", PCAS 59
  (1972): what was redeemed, and of what is still to come the older months' rate.
- Too little data (fewer than LEAST_MONTHS whole months, or no month of issue that is mature): the programme's own rate.
"""

from collections.abc import Sequence
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Literal

from msgspec import Struct

from services.loyalty.domain.liability.chain_ladder import Development, Projected, develop, project, total_error
from services.loyalty.domain.liability.triangle import Triangle

LEAST_MONTHS = 6
MATURE = 0.25
CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)

Method = Literal["chain-ladder", "bornhuetter-ferguson", "programme"]


class Estimate(Struct, frozen=True):
    """Which part of a month's points will have been redeemed in the end; bounds with CONFIDENCE (None: unknown)."""

    method: Method
    rate: float
    low: float | None = None
    high: float | None = None


class Experience(Struct, frozen=True):
    """What is known at the end of a month: of each month of issue (by its row), and of those that come next.

    `rate` is what all mature months of issue will have seen redeemed of their
    points; it errs by `error` for a month that isn't among them. None: too little data.
    """

    months: int
    development: Development
    projected: dict[int, Projected] = {}
    rate: float | None = None
    error: float = 0.0


def learn(seen: Triangle, ages: int | None) -> Experience:
    """Return what a triangle teaches of points that can be redeemed up to the age of `ages` months (None: for ever)."""
    months = len(seen.redeemed)
    development = develop(seen.redeemed, ages)
    mature = [item for item in project(seen.redeemed, development) if _is_mature(item, seen)]
    if months < LEAST_MONTHS or not mature:
        return Experience(months, development)
    # Among months of issue that are old enough to tell, those without any redemption count as well.
    last = max(item.row for item in mature)
    points = sum(seen.points[: last + 1])
    ultimates = {item.row: min(item.ultimate, seen.points[item.row]) for item in mature}
    rate = sum(ultimates.values()) / points
    error = sqrt(_spread(seen, ultimates, rate, last) + (total_error(seen.redeemed, mature, development) / points) ** 2)
    return Experience(months, development, {item.row: item for item in mature}, rate, error)


def _is_mature(item: Projected, seen: Triangle) -> bool:
    return seen.points[item.row] > 0 and seen.redeemed[item.row][-1] >= MATURE * item.ultimate


def _spread(seen: Triangle, ultimates: dict[int, float], rate: float, last: int) -> float:
    """Return how the rates of single months of issue vary around that of all, weighted by their points."""
    rows = [row for row in range(last + 1) if seen.points[row] > 0]
    if len(rows) < 2:
        return 0.0
    squares = sum(seen.points[row] * (ultimates.get(row, 0.0) / seen.points[row] - rate) ** 2 for row in rows)
    return squares / sum(seen.points[row] for row in rows) * len(rows) / (len(rows) - 1)


def next_rate(known: Experience, otherwise: float) -> float:
    """Return the rate that points issued from now on are expected to be redeemed at; by the programme where unknown."""
    return otherwise if known.rate is None else known.rate


def estimate(known: Experience, seen: Triangle, row: int, otherwise: float) -> Estimate:
    """Estimate the rate of the month of issue that is the triangle's row.

    A row behind the last has seen no whole month yet. Of points older than the
    triangle's first row nothing more is expected.
    """
    if known.rate is None:
        return Estimate("programme", otherwise)
    if row < 0:
        return Estimate("chain-ladder", 0.0, 0.0, 0.0)
    if row >= len(seen.points) or seen.points[row] <= 0:
        return Estimate("bornhuetter-ferguson", known.rate, *interval(known.rate, known.error))
    redeemed, points = seen.redeemed[row], seen.points[row]
    reached = redeemed[-1] / points
    if row in known.projected:
        item = known.projected[row]
        ultimate, error = item.ultimate / points, item.error / points
        low, high = interval(ultimate - reached, error)
        return Estimate("chain-ladder", ultimate, reached + low, reached + high)
    coming = 1 - _developed(known.development, redeemed)
    low, high = interval(known.rate, known.error)
    return Estimate(
        "bornhuetter-ferguson", reached + coming * known.rate, reached + coming * low, reached + coming * high
    )


def _developed(development: Development, row: Sequence[float]) -> float:
    factor = development.to_ultimate(len(row) - 1) if row else None
    return min(1.0, 1 / factor) if factor else 0.0


def interval(expected: float, error: float) -> tuple[float, float]:
    """Return the bounds of a lognormal variable with this mean and standard error, which can't be negative.

    T. Mack, "Measuring the Variability of Chain Ladder Reserve Estimates", CAS Forum (1994), section 4.
    """
    if expected <= 0 or error <= 0:
        return max(0.0, expected), max(0.0, expected)
    variance = log(1 + (error / expected) ** 2)
    middle = log(expected) - variance / 2
    low, high = (exp(middle + sign * _Z * sqrt(variance)) for sign in (-1, 1))
    # So skewed that its mean lies beyond the bound: then the mean is the bound.
    return low, max(high, expected)
