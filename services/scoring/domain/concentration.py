"""Concentration: how much of the whole the best customers bring."""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

SHARES = (0.01, 0.05, 0.10, 0.20, 0.50)
POINTS = 101


class Concentration(Struct, frozen=True):
    """`top[share]`: part of the total that the best `share` bring; `lorenz`: 101 points of the curve, worst first."""

    gini: float
    top: Mapping[str, float]
    lorenz: tuple[float, ...]


def concentration(values: NDArray[np.float64]) -> Concentration:
    """Return the concentration of values >= 0, shape (N,).

    Gini = 2 sum(i x_i) / (n sum(x)) - (n + 1) / n over ascending x (Gini 1912, in the form of Sen 1973).
    """
    ordered = np.sort(np.maximum(values, 0.0))
    total = ordered.sum()
    count = len(ordered)
    if count == 0 or total == 0:
        return Concentration(0.0, {f"{share:g}": 0.0 for share in SHARES}, tuple(np.linspace(0, 1, POINTS)))
    cumulated = np.concatenate(([0.0], np.cumsum(ordered))) / total
    gini = 2 * (np.arange(1, count + 1) @ ordered) / (count * total) - (count + 1) / count
    top = {f"{share:g}": float(1 - cumulated[count - int(np.ceil(share * count))]) for share in SHARES}
    curve = np.interp(np.linspace(0, 1, POINTS), np.linspace(0, 1, count + 1), cumulated)
    return Concentration(float(gini), top, tuple(float(point) for point in curve))
