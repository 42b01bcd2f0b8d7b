"""The value pyramid: exact shares, ties together, and tiers that move only when they should."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.scoring.domain.pyramid import EDGED, RANK, Rule, Standing, Tier, edges, settle, tier_of

RULE = Rule()
AT = {Tier.PLATINUM: 100.0, Tier.GOLD: 50.0, Tier.IRON: 10.0}

VALUES = st.lists(st.floats(-10, 1e6), min_size=1, max_size=300)
STANDINGS = st.one_of(
    st.builds(Standing, st.sampled_from(Tier)),
    st.tuples(st.sampled_from(Tier), st.sampled_from(Tier))
    .filter(lambda drawn: drawn[0] is not drawn[1])
    .map(lambda drawn: Standing(*drawn, 1)),
)


def run_through(standing: Standing, *values: float, rule: Rule = RULE) -> Standing:
    for value in values:
        standing = settle(standing, value, AT, rule)
    return standing


@for_all(st.integers(1, 2000))
def test_without_ties_each_tier_has_its_exact_share(count: int) -> None:
    values = [float(number) for number in range(count, 0, -1)]
    at = edges(values, RULE)
    found = Counter(tier_of(value, at) for value in values)
    inside = 0
    for tier, percent in zip(EDGED, (1, 5, 20), strict=True):
        inside += found[tier]
        assert inside == -(-percent * count // 100)


@for_all(VALUES, st.randoms(use_true_random=False))
def test_equal_values_share_a_tier_whatever_the_order_of_rows(values: list[float], chance: object) -> None:
    at = edges(sorted(values, reverse=True), RULE)
    shuffled = list(values)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random
    assert edges(sorted(shuffled, reverse=True), RULE) == at
    assert at[Tier.PLATINUM] >= at[Tier.GOLD] >= at[Tier.IRON]
    at_least = sum(1 for value in values if value >= at[Tier.IRON])
    assert at_least >= -(-20 * len(values) // 100)


def test_the_first_tier_is_taken_at_once() -> None:
    assert settle(None, 100.0, AT, RULE) == Standing(Tier.PLATINUM)
    assert settle(None, 9.99, AT, RULE) == Standing(Tier.LEAD)


def test_going_up_takes_the_edge_and_5_percent_two_runs_in_a_row() -> None:
    assert run_through(Standing(Tier.LEAD), 10.5) == Standing(Tier.LEAD, Tier.IRON, 1)
    assert run_through(Standing(Tier.LEAD), 10.5, 10.5) == Standing(Tier.IRON)
    assert run_through(Standing(Tier.LEAD), *[10.49] * 9) == Standing(Tier.LEAD)


def test_going_down_takes_5_percent_below_the_edge_two_runs_in_a_row() -> None:
    assert run_through(Standing(Tier.GOLD), 47.4) == Standing(Tier.GOLD, Tier.IRON, 1)
    assert run_through(Standing(Tier.GOLD), 47.4, 47.4) == Standing(Tier.IRON)
    assert run_through(Standing(Tier.GOLD), *[47.5] * 9) == Standing(Tier.GOLD)


def test_a_run_that_points_nowhere_begins_the_count_again() -> None:
    assert run_through(Standing(Tier.LEAD), 11.0, 10.0, 11.0) == Standing(Tier.LEAD, Tier.IRON, 1)


def test_a_run_the_other_way_begins_the_count_again() -> None:
    assert run_through(Standing(Tier.IRON), 60.0, 1.0) == Standing(Tier.IRON, Tier.LEAD, 1)


def test_runs_that_point_to_different_tiers_move_the_customer_as_far_as_they_agree() -> None:
    assert run_through(Standing(Tier.LEAD), 60.0, 200.0) == Standing(Tier.GOLD, Tier.PLATINUM, 1)
    assert run_through(Standing(Tier.LEAD), 200.0, 60.0) == Standing(Tier.GOLD)
    assert run_through(Standing(Tier.PLATINUM), 1.0, 60.0) == Standing(Tier.GOLD)


@for_all(STANDINGS, st.floats(-10, 1e4))
def test_constant_input_never_flaps(standing: Standing, value: float) -> None:
    """A tier moves one way at most, is settled after a few runs, and never moves again."""
    seen = [standing]
    for _ in range(8):
        seen.append(settle(seen[-1], value, AT, RULE))
    ranks = [RANK[item.tier] for item in seen]
    steps = {after > before for before, after in pairwise(ranks) if after != before}
    assert len(steps) <= 1
    assert len(set(seen[4:])) == 1


@for_all(st.lists(st.floats(47.5, 52.49), min_size=1, max_size=30), st.sampled_from([Tier.GOLD, Tier.IRON]))
def test_noise_within_the_hysteresis_moves_nobody(values: list[float], tier: Tier) -> None:
    assert run_through(Standing(tier), *values).tier is tier


@for_all(STANDINGS, st.lists(st.floats(-10, 500), min_size=1, max_size=20))
def test_a_tier_that_changed_was_asked_for_by_as_many_runs_as_the_rule_wants(
    standing: Standing, values: list[float]
) -> None:
    standing = Standing(standing.tier)
    for place, value in enumerate(values):
        after = settle(standing, value, AT, RULE)
        if after.tier is not standing.tier:
            assert place >= RULE.runs_in_a_row - 1
            up, held = RANK[after.tier] > RANK[standing.tier], standing.tier
            for asked in values[place - 1 : place + 1]:
                assert RANK[tier_of(asked, AT)] > RANK[held] if up else asked < AT[held]
        standing = after


@pytest.mark.parametrize("edge", [0.0, -5.0])
def test_edges_at_or_below_zero_do_not_make_a_tier_flap(edge: float) -> None:
    at: dict[Tier, float] = dict.fromkeys(EDGED, edge)
    standing = settle(None, edge, at, RULE)
    for _ in range(6):
        standing = settle(standing, edge, at, RULE)
    assert standing == Standing(Tier.PLATINUM)


def test_the_rule_is_data() -> None:
    eager = Rule(hysteresis=0.0, runs_in_a_row=1)
    assert run_through(Standing(Tier.LEAD), 10.0, rule=eager) == Standing(Tier.IRON)
    patient = Rule(runs_in_a_row=3)
    assert run_through(Standing(Tier.LEAD), 20.0, 20.0, rule=patient) == Standing(Tier.LEAD, Tier.IRON, 2)
