"""The redemption triangle: points that each month's issue had seen redeemed, by its age in whole months."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate

from msgspec import Struct

from services.loyalty.domain.liability.cohort import Moved, age, month_after

WINDOW = 120
"""Months of issue that an estimate looks back on. A point that is older and not redeemed is taken to be forgotten."""


class Triangle(Struct, frozen=True):
    """Row i is the issue of `first` + i months: `redeemed[i][k]` by the end of its k-th month, of `points[i]` issued.

    The month of issue is age 0. Only months that are over are in it, so each
    row is one shorter than the row before.
    """

    first: date
    points: Sequence[int]
    redeemed: Sequence[Sequence[int]]


class Movements:
    """What moved the points of one currency and partner, by month of issue and age, whatever the money."""

    def __init__(self, moved: Iterable[Moved]) -> None:
        self._points: dict[tuple[date, int], int] = defaultdict(int)
        self._redeemed: dict[tuple[date, int], int] = defaultdict(int)
        for item in moved:
            at = (item.cohort.month, age(item.cohort.month, item.month))
            self._points[at] += item.issued - item.reversed
            self._redeemed[at] += item.redeemed
        self._first = min((month for month, _ in self._points), default=None)

    def triangle(self, until: date) -> Triangle:
        """Return the triangle of the months before `until`, of at most WINDOW months of issue."""
        first = max(self._first or until, month_after(until, -WINDOW))
        rows = age(first, until)
        months = [month_after(first, row) for row in range(rows)]
        return Triangle(
            first,
            [sum(self._of(self._points, month, rows - row)) for row, month in enumerate(months)],
            [
                [max(0, points) for points in accumulate(self._of(self._redeemed, month, rows - row))]
                for row, month in enumerate(months)
            ],
        )

    @staticmethod
    def _of(cells: dict[tuple[date, int], int], month: date, ages: int) -> list[int]:
        return [cells.get((month, number), 0) for number in range(ages)]
