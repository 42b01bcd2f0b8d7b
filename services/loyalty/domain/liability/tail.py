"""The tail: what a triangle that is younger than its points can't have seen yet.

The excess of each factor over 1 fades exponentially with age; a straight line
through the logarithms of the older half carries on. J. Boor, "Estimating Tail
Development Factors", CAS Forum (2006), the exponential decay method.
"""

from collections.abc import Sequence
from math import exp, log
from statistics import linear_regression

LEAST = 3
"""Factors above 1 that the line needs; with fewer nothing is known of a tail, and none is assumed."""

FARTHEST = 120
"""The age, in months, at which a point that was never redeemed is taken to be forgotten, where points live for ever."""


def tail(factors: Sequence[float], start: int, ages: int | None) -> float:
    """Return the factor from the oldest age that `factors`, from age `start` on, reach to the age of `ages` months.

    1 where the triangle is as old as that, and where the excess doesn't fade.
    """
    reached = start + len(factors)
    end = FARTHEST if ages is None else ages
    fit = _fit(factors, start) if reached < end else None
    if fit is None:
        return 1.0
    slope, intercept = fit
    product = 1.0
    for age in range(reached, end):
        product *= 1 + exp(intercept + slope * age)
    return product


def _fit(factors: Sequence[float], start: int) -> tuple[float, float] | None:
    older = [(start + age, factor) for age, factor in enumerate(factors) if age >= len(factors) // 2 and factor > 1]
    if len(older) < LEAST:
        return None
    line = linear_regression([age for age, _ in older], [log(factor - 1) for _, factor in older])
    return (line.slope, line.intercept) if line.slope < 0 else None
