"""Concentration: how much of the whole the best customers bring."""

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.findings import Concentration

PERCENTS = (1, 5, 10, 20, 50)
POINTS = 101
DIGITS = 6


def concentration(values: NDArray[np.float64]) -> Concentration:
    """Return the concentration of values, shape (N,); what is below 0 counts as 0.

    Gini = 2 sum(i x_i) / (n sum(x)) - (n + 1) / n over ascending x (Gini 1912, in the form of Sen 1973).
    The best p % are ceil(p N / 100) customers. With nothing to share, all have the same.
    """
    ordered = np.sort(np.maximum(values, 0.0))
    if not ordered.sum():
        ordered = np.ones(max(len(values), 1))
    total, count = float(ordered.sum()), len(ordered)
    cumulated = np.concatenate(([0.0], np.cumsum(ordered))) / total
    gini = 2 * float(np.arange(1, count + 1) @ ordered) / (count * total) - (count + 1) / count
    top = {f"{percent / 100:g}": _share(cumulated, percent) for percent in PERCENTS}
    curve = np.interp(np.linspace(0, 1, POINTS), np.linspace(0, 1, count + 1), cumulated)
    return Concentration(_rounded(gini), top, tuple(_rounded(point) for point in curve))


def _share(cumulated: NDArray[np.float64], percent: int) -> float:
    count = len(cumulated) - 1
    return _rounded(1 - cumulated[count + -percent * count // 100])


def _rounded(share: float) -> float:
    """Return a share within [0, 1], whatever rounding left of it."""
    return round(min(max(float(share), 0.0), 1.0), DIGITS)
