"""BG/NBD: who is still a customer, and how often they will buy (Fader, Hardie & Lee, Marketing Science 24(2), 2005).

Purchases while alive are Poisson with a rate that varies between customers
(gamma: r, alpha); after each, a customer drops out with a probability that
varies too (beta: a, b). All in log space, with analytic gradients.
"""

from enum import StrEnum
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1, psi

Array = NDArray[np.float64]

LEAST_REPEAT_BUYERS = 20
"""Below this a fit says more about chance than about customers."""

BOUND = 12.0
"""Parameters stay between exp(-12) and exp(12)."""

WORST_CONDITION = 1e8
"""The condition of the Hessian beyond which the parameters can't be told apart."""


class FitStatus(StrEnum):
    """Whether a fit may be used."""

    GOOD = "good"
    TOO_FEW_REPEAT_BUYERS = "too-few-repeat-buyers"
    NOT_CONVERGED = "not-converged"
    AT_BOUND = "at-bound"
    ILL_CONDITIONED = "ill-conditioned"


class Parameters(Struct, frozen=True):
    """r, alpha: the purchase rate's gamma; a, b: the drop-out's beta."""

    r: float
    alpha: float
    a: float
    b: float


class Fit(Struct, frozen=True):
    """The estimate, and what is needed to trust it or not."""

    status: FitStatus
    parameters: Parameters | None
    log_likelihood: float
    condition: float
    customers: int
    repeat_buyers: int


class Histories(Struct, frozen=True):
    """Purchase histories, one entry for each unique (x, t_x, T), and how many customers share it.

    x: repeat transaction days; t_x: weeks from the first to the last; T: weeks
    from the first to the end of the observation. Arrays of shape (K,).
    """

    x: Array
    t_x: Array
    T: Array
    count: Array

    @classmethod
    def of(cls, x: Array, t_x: Array, T: Array) -> "Histories":  # noqa: N803 - T is the paper's name for it
        """Group customers, shape (N,) each, by equal histories."""
        unique, count = np.unique(np.column_stack((x, t_x, T)), axis=0, return_counts=True)
        return cls(unique[:, 0], unique[:, 1], unique[:, 2], count.astype(np.float64))


def log_likelihood(logs: Array, data: Histories) -> tuple[float, Array]:
    """Return the log-likelihood (eq. 6 of the paper) at log(r, alpha, a, b), and its gradient, shape (4,)."""
    r, alpha, a, b = np.exp(logs)
    x, repeat = data.x, data.x > 0
    after = np.maximum(b + x - 1, 1e-300)
    common = (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    )  # fmt: skip
    alive = -(r + x) * np.log(alpha + data.T)
    dead = np.where(repeat, np.log(a) - np.log(after) - (r + x) * np.log(alpha + data.t_x), -np.inf)
    either = np.logaddexp(alive, dead)
    w_alive, w_dead = np.exp(alive - either), np.exp(dead - either)
    gradient = np.array([
        data.count @ (psi(r + x) - psi(r) + np.log(alpha)
                      - w_alive * np.log(alpha + data.T) - w_dead * np.log(alpha + data.t_x)),
        data.count @ (r / alpha - (r + x) * (w_alive / (alpha + data.T) + w_dead / (alpha + data.t_x))),
        data.count @ (psi(a + b) - psi(a + b + x) + w_dead / a),
        data.count @ (psi(a + b) + psi(b + x) - psi(b) - psi(a + b + x) - np.where(repeat, w_dead / after, 0.0)),
    ])  # fmt: skip
    return float(data.count @ (common + either)), gradient * np.exp(logs)


def fit(data: Histories) -> Fit:
    """Return the maximum-likelihood estimate, or a status that says why there is none to use."""
    customers = int(data.count.sum())
    repeat_buyers = int(data.count[data.x > 0].sum())
    if repeat_buyers < LEAST_REPEAT_BUYERS:
        return Fit(FitStatus.TOO_FEW_REPEAT_BUYERS, None, float("nan"), float("inf"), customers, repeat_buyers)

    def objective(logs: Array) -> tuple[float, Array]:
        value, gradient = log_likelihood(logs, data)
        return -value / customers, -gradient / customers

    found: Any = minimize(objective, np.zeros(4), jac=True, method="L-BFGS-B", bounds=[(-BOUND, BOUND)] * 4,
                          options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1000})  # fmt: skip
    condition = float(np.linalg.cond(_hessian(objective, found.x)))
    status = _status(found, condition)
    parameters = Parameters(*(float(value) for value in np.exp(found.x)))
    return Fit(status, parameters, float(-found.fun * customers), condition, customers, repeat_buyers)


def _status(found: Any, condition: float) -> FitStatus:
    if not found.success:
        return FitStatus.NOT_CONVERGED
    if np.abs(found.x).max() > BOUND - 0.01:
        return FitStatus.AT_BOUND
    return FitStatus.GOOD if condition < WORST_CONDITION else FitStatus.ILL_CONDITIONED


def _hessian(objective: Any, at: Array, step: float = 1e-5) -> Array:
    """Return the Hessian by central differences of the analytic gradient, shape (4, 4)."""
    rows = [(objective(at + shift)[1] - objective(at - shift)[1]) / (2 * step) for shift in np.eye(4) * step]
    return np.array(rows)


def probability_alive(parameters: Parameters, x: Array, t_x: Array, T: Array) -> Array:  # noqa: N803
    """Return the probability that each customer will buy again, shape (N,); 1 for those who bought once."""
    return 1 / (1 + _dead_odds(parameters, x, t_x, T))


def expected_purchases(parameters: Parameters, weeks: float, x: Array, t_x: Array, T: Array) -> Array:  # noqa: N803
    """Return how many purchases each customer is expected to make in the next `weeks` (eq. 10), shape (N,)."""
    r, alpha, a, b = parameters.r, parameters.alpha, parameters.a, parameters.b
    series = hyp2f1(r + x, b + x, a + b + x - 1, weeks / (alpha + T + weeks))
    growth = 1 - np.exp((r + x) * (np.log(alpha + T) - np.log(alpha + T + weeks))) * series
    expected: Array = (a + b + x - 1) / (a - 1) * growth / (1 + _dead_odds(parameters, x, t_x, T))
    return expected


def _dead_odds(parameters: Parameters, x: Array, t_x: Array, T: Array) -> Array:  # noqa: N803
    r, alpha, a, b = parameters.r, parameters.alpha, parameters.a, parameters.b
    logs = np.log(a) - np.log(np.maximum(b + x - 1, 1e-300)) + (r + x) * (np.log(alpha + T) - np.log(alpha + t_x))
    odds: Array = np.where(x > 0, np.exp(np.minimum(logs, 700)), 0.0)
    return odds
