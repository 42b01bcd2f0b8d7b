"""A customer's score: recorded when something that matters changed, once for each run, with its reason."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.scoring.domain.events import CustomerScored
from services.scoring.domain.pyramid import Tier
from services.scoring.domain.score import SCORE, Score, ScoreCustomer
from tests.scoring.scoring_facts import FIRST, NONE, SECOND, THIRD, frozen, measured


def score(before: Score, run_id: Any, **changes: Any) -> Sequence[CustomerScored]:
    return SCORE.decide(ScoreCustomer(frozen(run_id), measured(**changes)), before)


SCORED = score(Score(), FIRST)
BEFORE = SCORE.fold(SCORED)


def test_the_first_run_scores_everyone() -> None:
    (found,) = SCORED
    assert (found.tier, found.previous_tier, found.towards) == (Tier.IRON, None, None)
    assert (found.recency, found.frequency, found.monetary, found.value) == (5, 5, 4, Decimal("200.00"))
    assert found.reason == "200.00 USD is at or above the iron edge 130.00"


def test_a_run_counts_once() -> None:
    assert score(BEFORE, FIRST, value=Decimal("9999.00")) == ()


def test_what_stays_as_it_was_is_not_recorded_again() -> None:
    assert score(BEFORE, SECOND) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"recency": 4},
        {"frequency": 4},
        {"monetary": 5},
        {"value": Decimal("200.01")},
        {"purchases": 6},
        {"transaction_days": 5},
        {"last_day": date(1998, 6, 1)},
        {"expected_purchases": 2.4},
        {"probability_alive": 0.88},
        {"expected_purchases": None, "probability_alive": None},
    ],
    ids=str,
)
def test_whatever_matters_is_recorded(change: dict[str, Any]) -> None:
    (found,) = score(BEFORE, SECOND, **change)
    assert (found.run_id, found.previous_tier) == (SECOND, Tier.IRON)


@pytest.mark.parametrize("change", [{"expected_purchases": 2.3}, {"probability_alive": 0.90}], ids=str)
def test_a_forecast_that_hardly_moved_is_not_worth_an_event(change: dict[str, Any]) -> None:
    assert score(BEFORE, SECOND, **change) == ()


def test_a_forecast_that_creeps_is_recorded_in_the_end() -> None:
    """Each run is compared with the last score recorded, not with the last run."""
    assert score(BEFORE, SECOND, expected_purchases=2.29) == ()
    assert score(BEFORE, THIRD, expected_purchases=2.32) != ()


def test_a_tier_is_left_only_after_two_runs_in_a_row() -> None:
    first = score(BEFORE, SECOND, value=Decimal("450.00"))
    assert [(item.tier, item.towards, item.towards_runs) for item in first] == [(Tier.IRON, Tier.GOLD, 1)]
    assert first[0].reason == "450.00 USD is at or above the iron edge 130.00; towards gold: run 1 of 2"
    second = score(SCORE.fold([*SCORED, *first]), THIRD, value=Decimal("450.00"))
    assert [(item.tier, item.previous_tier, item.towards) for item in second] == [(Tier.GOLD, Tier.IRON, None)]


def test_a_tier_that_is_kept_below_its_edge_says_so() -> None:
    (found,) = score(BEFORE, SECOND, value=Decimal("125.00"))
    assert found.tier is Tier.IRON
    assert found.reason == "125.00 USD is kept, below the iron edge 130.00"


def test_whoever_has_no_edge_to_reach_is_a_lead() -> None:
    (found,) = score(Score(), FIRST, value=Decimal("1.00"))
    assert (found.tier, found.reason) == (Tier.LEAD, "1.00 USD is below the iron edge 130.00")


def test_a_bad_fit_never_reaches_customers() -> None:
    assert frozen(FIRST, NONE).model.usable is None
