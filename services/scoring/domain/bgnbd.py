"""BG/NBD: who is still a customer, and how often they will buy (Fader, Hardie & Lee, Marketing Science 24(2), 2005).

Purchases while alive are Poisson with a rate that varies between customers
(gamma: r, alpha); after each, a customer drops out with a probability that
varies too (beta: a, b). Equations have the paper's numbers and letters.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import hyp2f1

from services.scoring.domain.findings import Parameters

Array = NDArray[np.float64]

SINGULAR = 1e-6
"""So close to a point where the formula is 0 / 0, though its value isn't, `a` is moved by as much twice."""


def probability_alive(parameters: Parameters, x: Array, t_x: Array, T: Array) -> Array:  # noqa: N803 - the paper's T
    """Return the probability that each customer will buy again, shape (N,); 1 for those who bought once.

    x: repeat transaction days; t_x: weeks from the first to the last; T: weeks
    from the first to the end of the observation; shapes (N,).
    """
    return 1 / (1 + _dead_odds(parameters, x, t_x, T))


def expected_purchases(parameters: Parameters, weeks: float, x: Array, t_x: Array, T: Array) -> Array:  # noqa: N803
    """Return how many purchases each customer is expected to make in the next `weeks` (eq. 10), shape (N,).

    Not a number where the parameters are so far out that it can't be computed.
    """
    alpha, b, a = parameters.alpha, parameters.b, _regular(parameters)
    with np.errstate(over="ignore", invalid="ignore"):
        growth = 1 - _discounted_series(parameters.r + x, b + x, a + b + x - 1, weeks / (alpha + T + weeks))
        expected: Array = (a + b + x - 1) / (a - 1) * growth / (1 + _dead_odds(parameters, x, t_x, T))
    return expected


def _regular(parameters: Parameters) -> float:
    """Return `a`, away from 1, where (10) is 0 / 0, and from r + n, where the series is by logarithms."""
    r, a = parameters.r, parameters.a
    while min(abs(a - 1), abs(a - r - round(a - r))) < SINGULAR:
        a += 2 * SINGULAR
    return a


def _discounted_series(p: Array, q: Array, c: Array, z: Array) -> Array:
    """Return (1 - z)^p 2F1(p, q; c; z), shape (N,).

    By Euler's transformation it equals (1 - z)^(c - q) 2F1(c - p, c - q; c; z). One of the two series converges
    also at z = 1: that one neither overflows nor cancels, be it for customers who buy daily or for a large a.
    """
    plain = c > p + q
    first, second = np.where(plain, p, c - p), np.where(plain, q, c - q)
    found: Array = np.exp(np.where(plain, p, c - q) * np.log1p(-z)) * hyp2f1(first, second, c, z)
    return found


def _dead_odds(parameters: Parameters, x: Array, t_x: Array, T: Array) -> Array:  # noqa: N803
    r, alpha, a, b = parameters.r, parameters.alpha, parameters.a, parameters.b
    repeat = x > 0
    after = np.where(repeat, b + x - 1, 1.0)
    logs = np.log(a) - np.log(after) + (r + x) * (np.log(alpha + T) - np.log(alpha + t_x))
    odds: Array = np.where(repeat, np.exp(np.minimum(logs, 700.0)), 0.0)
    return odds
