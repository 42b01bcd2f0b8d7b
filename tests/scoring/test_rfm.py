"""RFM: equal values, equal classes, whatever the order of rows."""

import numpy as np
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.scoring.domain import rfm

VALUES = st.lists(st.integers(0, 50), min_size=1, max_size=80).map(lambda drawn: np.array(drawn, dtype=np.float64))


def test_a_class_counts_who_is_strictly_worse() -> None:
    assert rfm.scores(np.array([10.0, 20.0, 30.0, 40.0, 50.0])).tolist() == [1, 2, 3, 4, 5]
    assert rfm.scores(np.array([7.0, 7.0, 7.0])).tolist() == [1, 1, 1]
    assert rfm.scores(np.array([1.0, 1.0, 1.0, 1.0, 9.0])).tolist() == [1, 1, 1, 1, 5]


@for_all(VALUES, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(values: np.ndarray, chance: object) -> None:
    order = np.arange(len(values))
    chance.shuffle(order)  # type: ignore[attr-defined] # a random.Random
    assert rfm.scores(values)[order].tolist() == rfm.scores(values[order]).tolist()


@for_all(VALUES)
def test_a_better_value_never_has_a_worse_class(values: np.ndarray) -> None:
    found = rfm.scores(values)[np.argsort(values)]
    assert (np.diff(found) >= 0).all()
    assert found.min() == 1
    assert found.max() <= 5


@for_all(VALUES)
def test_frozen_edges_give_the_classes_that_they_were_frozen_from(values: np.ndarray) -> None:
    assert rfm.classify(values, rfm.edges(values)).tolist() == rfm.scores(values).tolist()


def test_a_value_that_came_after_the_edges_were_frozen_has_a_class_too() -> None:
    frozen = {2: 10.0, 4: 20.0}
    assert rfm.classify(np.array([1.0, 10.0, 19.9, 20.0, 99.0]), frozen).tolist() == [2, 2, 2, 4, 4]
