"""BG/NBD: the published estimates, gradients, forecasts that stay finite, and fits that may not be used."""

import math
from datetime import date
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.scoring.domain import fitting
from services.scoring.domain.bgnbd import expected_purchases, probability_alive
from services.scoring.domain.findings import Basis, FitStatus, Parameters
from services.scoring.domain.fitting import Histories, fit, log_likelihood
from tests.scoring import cdnow

PUBLISHED = Parameters(0.243, 4.414, 0.793, 2.426)
"""Fader, Hardie & Lee (2005), table 2."""

DAYS = st.tuples(st.integers(0, 40), st.integers(0, 600), st.integers(0, 600)).map(
    lambda drawn: (drawn[0], min(drawn[1], drawn[2]) if drawn[0] else 0, max(drawn[1:]))
)
LOGS = st.lists(st.floats(-4, 4), min_size=4, max_size=4).map(np.array)
PARAMETERS = LOGS.map(lambda logs: Parameters(*np.exp(logs).tolist()))


def test_it_reproduces_the_published_estimates_on_the_cdnow_sample() -> None:
    customers = cdnow.sample()
    assert len(customers) == 2357
    found = fit(Histories.of(*cdnow.histories(customers, date(1997, 9, 30))))
    assert found.status is FitStatus.GOOD
    assert found.parameters is not None
    assert found.log_likelihood is not None
    assert round(found.log_likelihood, 1) == -9582.4
    assert round(found.parameters.r, 3) == PUBLISHED.r
    assert round(found.parameters.alpha, 3) == PUBLISHED.alpha
    assert round(found.parameters.a, 3) == PUBLISHED.a
    assert round(found.parameters.b, 3) == PUBLISHED.b


def test_it_forecasts_the_papers_example_customer() -> None:
    """Customer 0001 of the sample: x = 2, t_x = 30.43, T = 38.86; 1.226 purchases expected in the next 39 weeks."""
    found = expected_purchases(PUBLISHED, 39.0, np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert found[0] == pytest.approx(1.226, abs=0.0005)


@settings(deadline=None)
@for_all(LOGS, st.lists(DAYS, min_size=1, max_size=30))
def test_the_gradient_is_that_of_the_likelihood(logs: np.ndarray, drawn: list[tuple[int, int, int]]) -> None:
    data = Histories.of(*np.array(drawn, dtype=np.int64).T)
    step = 1e-5 * np.eye(4)
    numeric = [(log_likelihood(logs + shift, data)[0] - log_likelihood(logs - shift, data)[0]) / 2e-5 for shift in step]
    value, gradient = log_likelihood(logs, data)
    np.testing.assert_allclose(gradient, numeric, rtol=1e-4, atol=1e-5 * max(1.0, abs(value)))


@for_all(LOGS, st.lists(DAYS, min_size=1, max_size=30))
def test_grouping_equal_histories_changes_nothing(logs: np.ndarray, drawn: list[tuple[int, int, int]]) -> None:
    together = log_likelihood(logs, Histories.of(*np.array(drawn, dtype=np.int64).T))[0]
    apart = sum(log_likelihood(logs, Histories.of(*np.array([row], dtype=np.int64).T))[0] for row in drawn)
    assert together == pytest.approx(apart, rel=1e-9, abs=1e-9)


@for_all(PARAMETERS, st.lists(DAYS, min_size=1, max_size=30))
def test_whoever_bought_may_be_alive_and_is_never_expected_to_buy_less_than_nothing(
    parameters: Parameters, drawn: list[tuple[int, int, int]]
) -> None:
    x, t_x, T = np.array(drawn, dtype=np.float64).T  # noqa: N806 - the paper's name
    alive = probability_alive(parameters, x, t_x / 7, T / 7)
    expected = expected_purchases(parameters, 52.0, x, t_x / 7, T / 7)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (alive[x == 0] == 1).all()
    assert np.isfinite(expected).all()
    assert (expected >= -1e-9).all()


@pytest.mark.parametrize("x", [0, 1, 5, 50, 200, 540])
@pytest.mark.parametrize(
    ("a", "b"), [(0.2, 2.426), (0.793, 2.426), (0.999, 0.1), (1.3, 9.0), (6.0, 40.0), (60.0, 200.0), (3000.0, 9000.0)]
)
def test_the_forecast_is_exact_for_those_who_buy_daily_and_for_any_parameters(x: int, a: float, b: float) -> None:
    """Against the paper's equation summed with 60 digits."""
    parameters = Parameters(0.243, 4.414, a, b)
    weeks, T = 52.0, 78.0  # noqa: N806 - the paper's name
    t_x = 77.0 if x else 0.0
    found = expected_purchases(parameters, weeks, np.array([float(x)]), np.array([t_x]), np.array([T]))
    assert found[0] == pytest.approx(_by_the_book(parameters, weeks, x, t_x, T), rel=1e-6)


def test_the_forecast_goes_smoothly_through_a_equal_to_one() -> None:
    args = (52.0, np.array([3.0]), np.array([20.0]), np.array([30.0]))
    below, at, above = (expected_purchases(Parameters(0.3, 5.0, a, 2.0), *args)[0] for a in (1 - 1e-4, 1.0, 1 + 1e-4))
    assert at == pytest.approx((below + above) / 2, rel=1e-5)


def test_the_forecast_goes_smoothly_through_parameters_whose_difference_is_whole() -> None:
    """Found by Hypothesis: r = a, and a customer who bought for the first time on the last day."""
    nobody = np.array([0.0])
    args = (52.0, nobody, nobody, nobody)
    below, at, above = (
        expected_purchases(Parameters(math.e, math.exp(-3), math.e + shift, 4.5), *args)[0]
        for shift in (-1e-4, 0.0, 1e-4)
    )
    assert at == pytest.approx((below + above) / 2, rel=1e-5)


def test_it_finds_the_parameters_that_made_the_data() -> None:
    found = fit(_simulated(PUBLISHED, 20_000)).usable
    assert found is not None
    for estimate, truth in zip((found.r, found.alpha, found.a, found.b), (0.243, 4.414, 0.793, 2.426), strict=True):
        assert estimate == pytest.approx(truth, rel=0.15)


def test_too_few_repeat_buyers_give_no_fit() -> None:
    few = Histories.of(*np.array([(0, 0, 100)] * 500 + [(1, 50, 100)] * 19, dtype=np.int64).T)
    found = fit(few, Basis.POOLED)
    assert (found.status, found.usable, found.repeat_buyers) == (FitStatus.TOO_FEW_REPEAT_BUYERS, None, 19)
    assert (found.customers, found.basis) == (519, Basis.POOLED)


def test_customers_who_are_all_the_same_give_no_fit_to_use() -> None:
    same = Histories.of(*np.array([(5, 70, 140)] * 200, dtype=np.int64).T)
    found = fit(same)
    assert found.status in {FitStatus.AT_BOUND, FitStatus.ILL_CONDITIONED, FitStatus.NOT_CONVERGED}
    assert found.usable is None


def test_every_status_but_good_keeps_the_parameters_from_customers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "WORST_CONDITION", 1.0)
    found = fit(_simulated(PUBLISHED, 2_000))
    assert found.status is FitStatus.ILL_CONDITIONED
    assert found.parameters is not None
    assert found.usable is None


def _simulated(truth: Parameters, count: int) -> Histories:
    """Return customers who buy as the model says."""
    chance = np.random.default_rng(20050424)
    rows = []
    for _ in range(count):
        observed, rate, drop = (
            chance.integers(200, 500),
            chance.gamma(truth.r, 1 / truth.alpha),
            chance.beta(truth.a, truth.b),
        )
        now, x, t_x = 0.0, 0, 0.0
        while (now := now + chance.exponential(7 / max(rate, 1e-12))) < observed:
            x, t_x = x + 1, now
            if chance.random() < drop:
                break
        rows.append((x, int(t_x), int(observed)))
    return Histories.of(*np.array(rows, dtype=np.int64).T)


def _by_the_book(parameters: Parameters, weeks: float, x: int, t_x: float, T: float) -> float:  # noqa: N803 - the paper's T
    with localcontext() as context:
        context.prec = 60
        r, alpha, a, b = (Decimal(value) for value in (parameters.r, parameters.alpha, parameters.a, parameters.b))
        t, end, last = Decimal(weeks), Decimal(T), Decimal(t_x)
        z, c = t / (alpha + end + t), a + b + x - 1
        term = series = Decimal(1)
        for k in range(1, 5000):
            term *= (r + x + k - 1) * (b + x + k - 1) / (c + k - 1) / k * z
            series += term
        growth = 1 - ((alpha + end) / (alpha + end + t)) ** (r + x) * series
        dead = a / (b + x - 1) * ((alpha + end) / (alpha + last)) ** (r + x) if x else Decimal(0)
        return float(c / (a - 1) * growth / (1 + dead))
