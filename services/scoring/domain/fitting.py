"""Fits BG/NBD by maximum likelihood: in log space, with analytic gradients, over counts of equal histories."""

from collections.abc import Callable
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln, psi

from services.scoring.domain.findings import Basis, Fit, FitStatus, Parameters

Array = NDArray[np.float64]
Objective = Callable[[Array], tuple[float, Array]]

LEAST_REPEAT_BUYERS = 20
"""Below this a fit says more about chance than about customers."""

BOUND = 12.0
"""Parameters stay between exp(-12) and exp(12)."""

WORST_CONDITION = 1e8
"""The condition of the Hessian beyond which the parameters can't be told apart."""

FLAT = 1e-5
"""The largest gradient of the mean log-likelihood that counts as a maximum."""


class Histories(Struct, frozen=True):
    """Purchase histories, one entry for each unique (x, t_x, T), and how many customers share it; shapes (K,).

    `at` is each entry's place in `unique_x`, shape (X,): what depends on x alone is computed once for each x.
    """

    unique_x: Array
    at: NDArray[np.int64]
    t_x: Array
    T: Array
    count: Array

    @classmethod
    def of(cls, x: NDArray[np.int64], t_x: NDArray[np.int64], T: NDArray[np.int64]) -> "Histories":  # noqa: N803 - the paper's name
        """Group customers by equal histories: x repeat transaction days; t_x and T in days, below 2^20; shapes (N,)."""
        packed, count = np.unique((x << 40) | (t_x << 20) | T, return_counts=True)
        unique_x, at = np.unique(packed >> 40, return_inverse=True)
        mask = (1 << 20) - 1
        weeks_t_x, weeks_T = ((packed >> 20) & mask) / 7, (packed & mask) / 7  # noqa: N806 - as above
        return cls(unique_x.astype(np.float64), at, weeks_t_x, weeks_T, count.astype(np.float64))


def log_likelihood(logs: Array, data: Histories) -> tuple[float, Array]:
    """Return the log-likelihood (eq. 6 of the paper) at log(r, alpha, a, b), and its gradient, shape (4,)."""
    r, alpha, a, b = np.exp(logs)
    x, at, n = data.unique_x, data.at, data.count
    of_x = np.bincount(at, n, len(x))
    repeat = x > 0
    after = np.where(repeat, b + x - 1, 1.0)
    log_T, log_t_x = np.log(alpha + data.T), np.log(alpha + data.t_x)  # noqa: N806 - as above
    alive = -(r + x)[at] * log_T
    dead = np.where(repeat, np.log(a) - np.log(after), -np.inf)[at] - (r + x)[at] * log_t_x
    either = np.logaddexp(alive, dead)
    w_dead = np.exp(dead - either)
    w_alive = 1 - w_dead
    dead_of_x = np.bincount(at, n * w_dead, len(x))
    common = (
        gammaln(r + x)
        - gammaln(r)
        + r * np.log(alpha)
        + gammaln(a + b)
        + gammaln(b + x)
        - gammaln(b)
        - gammaln(a + b + x)
    )
    gradient = np.array([
        of_x @ (psi(r + x) - psi(r) + np.log(alpha)) - n @ (w_alive * log_T + w_dead * log_t_x),
        n.sum() * r / alpha - n @ ((r + x)[at] * (w_alive / (alpha + data.T) + w_dead / (alpha + data.t_x))),
        of_x @ (psi(a + b) - psi(a + b + x)) + dead_of_x.sum() / a,
        of_x @ (psi(a + b) + psi(b + x) - psi(b) - psi(a + b + x)) - dead_of_x @ (repeat / after),
    ])  # fmt: skip
    return float(of_x @ common + n @ either), gradient * np.exp(logs)


def fit(data: Histories, basis: Basis = Basis.CURRENCY) -> Fit:
    """Return the maximum-likelihood estimate, or a status that says why there is none to use."""
    customers = int(data.count.sum())
    repeat_buyers = int(data.count[data.unique_x[data.at] > 0].sum())
    if repeat_buyers < LEAST_REPEAT_BUYERS:
        return Fit(FitStatus.TOO_FEW_REPEAT_BUYERS, None, None, None, customers, repeat_buyers, basis)

    def objective(logs: Array) -> tuple[float, Array]:
        value, gradient = log_likelihood(logs, data)
        return -value / customers, -gradient / customers

    found: Any = minimize(objective, _start(data), jac=True, method="L-BFGS-B", bounds=[(-BOUND, BOUND)] * 4,
                          options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000})  # fmt: skip
    condition = float(np.linalg.cond(_hessian(objective, found.x)))
    parameters = Parameters(*(float(value) for value in np.exp(found.x)))
    value = float(-found.fun * customers)
    finite = condition if np.isfinite(condition) else None
    return Fit(_status(found, condition), parameters, value, finite, customers, repeat_buyers, basis)


def _start(data: Histories) -> Array:
    """Return where to begin: a rate of the order that the data show, and no opinion on the rest."""
    return np.array([0.0, np.log(np.clip(np.average(data.T, weights=data.count), 1e-3, 1e4)), 0.0, 0.0])


def _status(found: Any, condition: float) -> FitStatus:
    if np.abs(found.x).max() > BOUND - 0.01:
        return FitStatus.AT_BOUND
    if not np.isfinite(found.fun) or np.abs(found.jac).max() > FLAT:
        return FitStatus.NOT_CONVERGED
    return FitStatus.GOOD if condition < WORST_CONDITION else FitStatus.ILL_CONDITIONED


def _hessian(objective: Objective, at: Array, step: float = 1e-5) -> Array:
    """Return the Hessian by central differences of the analytic gradient, shape (4, 4)."""
    rows = [(objective(at + shift)[1] - objective(at - shift)[1]) / (2 * step) for shift in np.eye(4) * step]
    return np.array(rows)
