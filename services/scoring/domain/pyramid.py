"""The value pyramid: platinum the top 1 %, gold the next 4 %, iron the next 15 %, lead the rest."""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

HYSTERESIS = 0.05
RUNS_IN_A_ROW = 2


class Tier(StrEnum):
    """A customer's class by value."""

    PLATINUM = "platinum"
    GOLD = "gold"
    IRON = "iron"
    LEAD = "lead"


SHARES: Mapping[Tier, float] = {Tier.PLATINUM: 0.01, Tier.GOLD: 0.05, Tier.IRON: 0.20}
"""Share of customers in a tier or above it."""

RANK = {tier: place for place, tier in enumerate((Tier.LEAD, Tier.IRON, Tier.GOLD, Tier.PLATINUM))}


class Standing(Struct, frozen=True):
    """A customer's tier, and the other tier that the last `runs` runs in a row have pointed to."""

    tier: Tier
    towards: Tier | None = None
    runs: int = 0


def edges(values: NDArray[np.float64]) -> dict[Tier, float]:
    """Return the least value of each tier but lead: the exact upper quantile, so ties share a tier.

    `values`: shape (N,), N >= 1. With ties at an edge all of them get in.
    """
    ordered = np.sort(values)[::-1]
    places = {tier: max(int(np.ceil(share * len(ordered))) - 1, 0) for tier, share in SHARES.items()}
    return {tier: float(ordered[place]) for tier, place in places.items()}


def tier_of(value: float, at: Mapping[Tier, float]) -> Tier:
    """Return the tier of a value under frozen edges."""
    return next((tier for tier in (Tier.PLATINUM, Tier.GOLD, Tier.IRON) if value >= at[tier]), Tier.LEAD)


def settle(standing: Standing | None, value: float, at: Mapping[Tier, float]) -> Standing:
    """Return the standing after a run: up at edge x 1.05, down below edge x 0.95, two runs in a row.

    A customer's first tier is taken at once. Constant input never flaps,
    because between the two edges nothing points anywhere.
    """
    if standing is None:
        return Standing(tier_of(value, at))
    target = _target(standing.tier, value, at)
    if target is standing.tier:
        return Standing(standing.tier)
    runs = standing.runs + 1 if standing.towards is target else 1
    return Standing(target) if runs >= RUNS_IN_A_ROW else Standing(standing.tier, target, runs)


def _target(tier: Tier, value: float, at: Mapping[Tier, float]) -> Tier:
    up = tier_of(value, {name: edge * (1 + HYSTERESIS) for name, edge in at.items()})
    if RANK[up] > RANK[tier]:
        return up
    down = tier_of(value, {name: edge * (1 - HYSTERESIS) for name, edge in at.items()})
    return down if RANK[down] < RANK[tier] else tier
