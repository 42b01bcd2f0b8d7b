"""Concentration: shares, Gini and the Lorenz curve stay what they mean."""

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.scoring.domain.concentration import concentration

VALUES = st.lists(st.integers(-5, 10_000), max_size=120).map(lambda drawn: np.array(drawn, dtype=np.float64))


@for_all(VALUES)
def test_every_figure_stays_within_its_bounds(values: np.ndarray) -> None:
    found = concentration(values)
    assert 0 <= found.gini <= 1
    assert len(found.lorenz) == 101
    assert (found.lorenz[0], found.lorenz[-1]) == (0, 1)
    shares = [found.top[name] for name in ("0.01", "0.05", "0.1", "0.2", "0.5")]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)


@for_all(VALUES)
def test_the_lorenz_curve_is_convex_and_below_the_diagonal(values: np.ndarray) -> None:
    curve = np.array(concentration(values).lorenz)
    assert (np.diff(curve, 2) >= -1e-5).all()
    assert (curve <= np.linspace(0, 1, 101) + 1e-6).all()


@for_all(VALUES.filter(lambda values: values.max(initial=0) > 0), st.integers(2, 5))
def test_neither_the_unit_of_money_nor_more_of_the_same_customers_changes_the_gini(
    values: np.ndarray, times: int
) -> None:
    gini = concentration(values).gini
    assert concentration(values * 7).gini == pytest.approx(gini, abs=2e-6)
    assert concentration(np.tile(values, times)).gini == pytest.approx(gini, abs=2e-6)


def test_equal_customers_share_equally() -> None:
    found = concentration(np.full(200, 3.0))
    assert found.gini == 0
    assert found.top == {"0.01": 0.01, "0.05": 0.05, "0.1": 0.1, "0.2": 0.2, "0.5": 0.5}


def test_one_customer_who_has_all_is_as_unequal_as_it_gets() -> None:
    found = concentration(np.array([0.0] * 99 + [5.0]))
    assert found.gini == 0.99
    assert set(found.top.values()) == {1.0}


def test_where_there_is_nothing_all_have_the_same() -> None:
    assert concentration(np.zeros(50)).gini == 0
    assert concentration(np.array([])).gini == 0
