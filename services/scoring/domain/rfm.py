"""RFM: recency, frequency and money, each in five classes that don't depend on the order of rows."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

CLASSES = 5


def scores(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return each value's class, 1 (worst) to 5: 1 + floor(5 L / N), L = how many are strictly worse.

    `values`: shape (N,), larger is better. Equal values get equal classes.
    """
    worse = np.searchsorted(np.sort(values), values, side="left")
    return (1 + CLASSES * worse // max(len(values), 1)).astype(np.int64)


def edges(values: NDArray[np.float64]) -> dict[int, float]:
    """Return the least value of each class that occurs; they freeze a run's classes."""
    found = scores(values)
    return {int(number): float(values[found == number].min()) for number in np.unique(found)}


def classify(values: NDArray[np.float64], frozen: Mapping[int, float]) -> NDArray[np.int64]:
    """Return each value's class under frozen edges: the highest whose least value it reaches, else the lowest."""
    numbers = np.array(sorted(frozen), dtype=np.int64)
    reached = np.searchsorted([frozen[int(number)] for number in numbers], values, side="right")
    found: NDArray[np.int64] = numbers[np.maximum(reached - 1, 0)]
    return found
