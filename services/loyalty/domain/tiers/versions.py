"""Versions of a tier table, each in force from a date on, and what becomes of a rank where one replaces another."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from services.loyalty.domain.tiers.period import ALWAYS
from services.loyalty.domain.tiers.table import TierTable


class InForce(Struct, frozen=True):
    """A table, and from when on it is in force; before the first one everybody has that one's first tier."""

    table: TierTable
    since: datetime = ALWAYS


Tables = Sequence[InForce]
"""The versions in the order of their dates, at least one."""


def index_at(tables: Tables, moment: datetime) -> int:
    """Return which version is in force at a moment."""
    return max((index for index, version in enumerate(tables) if version.since <= moment), default=0)


def name_of(tables: Tables, index: int, rank: int) -> str:
    """Return what a rank is called in a version."""
    return tables[index].table.tiers[rank].name


def carried(rank: int, tables: Tables, since: int, until: int) -> int:
    """Return the rank in a later version that is due to who has `rank` in an earlier one.

    A tier keeps its name, or has the new name of the tier that says it was `formerly` that one. Who
    had a tier that is no longer there has the next lower one that is.
    """
    for index in range(since, until):
        before, after = tables[index].table, tables[index + 1].table
        ranks = (after.successor(tier.name) for tier in before.tiers[rank::-1])
        rank = next((found for found in ranks if found is not None), 0)
    return rank
