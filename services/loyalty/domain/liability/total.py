"""Totals of lines: sums of their cents, for each money, since moneys can't be added."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from services.loyalty.domain.liability.liability import Line


class Total(Struct, frozen=True):
    """What the cohorts of one money come to.

    The bounds are the sums of the cohorts' bounds: as wide as if all erred
    together. Cohorts without an interval count with their liability.
    """

    money: str
    points: int
    redeemed: int
    lapsed: int
    outstanding: int
    allocated: Decimal
    revenue: Decimal
    liability: Decimal
    low: Decimal
    high: Decimal


def totals(found: Iterable[Line]) -> list[Total]:
    """Return one total for each money, in the order of their names."""
    by_money: dict[str, list[Line]] = defaultdict(list)
    for line in found:
        by_money[line.cohort.money].append(line)
    return [_total(money, by_money[money]) for money in sorted(by_money)]


def _total(money: str, cohorts: list[Line]) -> Total:
    nothing = Decimal(0)
    return Total(
        money,
        sum(line.position.points for line in cohorts),
        sum(line.position.redeemed for line in cohorts),
        sum(line.position.lapsed for line in cohorts),
        sum(line.position.outstanding for line in cohorts),
        sum((line.allocated for line in cohorts), nothing),
        sum((line.revenue for line in cohorts), nothing),
        sum((line.liability for line in cohorts), nothing),
        sum((line.liability if line.low is None else line.low for line in cohorts), nothing),
        sum((line.liability if line.high is None else line.high for line in cohorts), nothing),
    )
