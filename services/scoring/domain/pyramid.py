"""The value pyramid: platinum the top 1 %, gold the next 4 %, iron the next 15 %, lead the rest."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct


class Tier(StrEnum):
    """A customer's class by value."""

    PLATINUM = "platinum"
    GOLD = "gold"
    IRON = "iron"
    LEAD = "lead"


EDGED = (Tier.PLATINUM, Tier.GOLD, Tier.IRON)
"""The tiers that have an edge, the best first; lead is what remains."""

RANK = {tier: place for place, tier in enumerate((Tier.LEAD, *reversed(EDGED)))}


class Rule(Struct, frozen=True):
    """How tiers are cut: the percentage of customers in a tier or above it, and what it takes to change the tier."""

    platinum: int = 1
    gold: int = 5
    iron: int = 20
    hysteresis: float = 0.05
    runs_in_a_row: int = 2

    def percent(self, tier: Tier) -> int:
        """Return the percentage of customers in an edged tier or above it."""
        return {Tier.PLATINUM: self.platinum, Tier.GOLD: self.gold, Tier.IRON: self.iron}[tier]


class Standing(Struct, frozen=True):
    """All that is kept of a customer between runs: the tier, and what the last `runs` runs in a row pointed to.

    They all pointed the same way from `tier`, and at least as far as `towards`.
    """

    tier: Tier
    towards: Tier | None = None
    runs: int = 0


def edges(best_first: Sequence[float], rule: Rule) -> dict[Tier, float]:
    """Return the least value of each edged tier: the exact upper quantile of N >= 1 values, the largest first.

    Whoever has that value is in, so ties share a tier, whatever the order of rows.
    """
    count = len(best_first)
    return {tier: best_first[-(-rule.percent(tier) * count // 100) - 1] for tier in EDGED}


def tier_of(value: float, at: Mapping[Tier, float]) -> Tier:
    """Return the tier of a value under frozen edges."""
    return next((tier for tier in EDGED if value >= at[tier]), Tier.LEAD)


def settle(standing: Standing | None, value: float, at: Mapping[Tier, float], rule: Rule) -> Standing:
    """Return the standing after a run: up at edge x (1 + h), down below edge x (1 - h), k runs in a row.

    The first tier is taken at once. Constant input never flaps, because
    between the two edges a run points nowhere. Runs that point to different
    tiers on the same side move the customer as far as all of them agree on.
    """
    if standing is None:
        return Standing(tier_of(value, at))
    target = _target(standing.tier, value, at, rule.hysteresis)
    if target is standing.tier:
        return Standing(target)
    agreed, runs = _agreed(standing, target)
    if runs < rule.runs_in_a_row:
        return Standing(standing.tier, agreed, runs)
    return Standing(target) if agreed is target else Standing(agreed, target, 1)


def _target(tier: Tier, value: float, at: Mapping[Tier, float], hysteresis: float) -> Tier:
    up = tier_of(value, {name: edge + abs(edge) * hysteresis for name, edge in at.items()})
    if RANK[up] > RANK[tier]:
        return up
    down = tier_of(value, {name: edge - abs(edge) * hysteresis for name, edge in at.items()})
    return down if RANK[down] < RANK[tier] else tier


def _agreed(standing: Standing, target: Tier) -> tuple[Tier, int]:
    """Return the nearest tier that the runs in a row have all reached, and how many they are."""
    before, here = standing.towards, RANK[standing.tier]
    if before is None or (RANK[before] > here) != (RANK[target] > here):
        return target, 1
    return min(before, target, key=lambda tier: abs(RANK[tier] - here)), standing.runs + 1
