"""What all members had used of the limits that they share, before any place in the log."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from services.loyalty.domain.programme.programme import Programme


class Use(NamedTuple):
    """What is told at a place in the log uses so many more points of a limit, by its key; less than 0: gives back."""

    position: int
    key: str
    points: int


class Shares:
    """The points that were used, by key and place."""

    def __init__(self, uses: Iterable[Use] = ()) -> None:
        self._totals: dict[str, tuple[array[int], array[int]]] = {}
        self.peaks: dict[str, int] = {}
        for use in sorted(uses):
            self._add(use)

    def _add(self, use: Use) -> None:
        positions, totals = self._totals.setdefault(use.key, (array("q"), array("q")))
        total = (totals[-1] if totals else 0) + use.points
        if positions and positions[-1] == use.position:
            totals[-1] = total
        else:
            positions.append(use.position)
            totals.append(total)
        self.peaks[use.key] = max(self.peaks.get(use.key, 0), total)

    def before(self, position: int) -> dict[str, int]:
        """Return what was used before a place."""
        found: dict[str, int] = {}
        for key, (positions, totals) in self._totals.items():
            place = bisect_left(positions, position)
            if place:
                found[key] = totals[place - 1]
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shares) and self._totals == other._totals

    __hash__ = None  # type: ignore[assignment] # they are compared, and never a key

    def bind(self, limits: Mapping[str, int]) -> bool:
        """Tell whether some limit was ever reached: else it makes no difference who came first.

        `limits` are by key without the window's start.
        """
        return any(peak > limits.get(key.rpartition(":")[0], 0) for key, peak in self.peaks.items())


def limits_of(programme: Programme) -> dict[str, int]:
    """Return the lowest points of each shared limit of any version, by its key without the window's start."""
    found: dict[str, int] = {}
    for version in programme.versions:
        earning = version.document.earning
        rules = ((rule.id, limit) for rule in earning.rules for limit in rule.budgets)
        for rule, limit in (*rules, *(("*", limit) for limit in earning.budgets)):
            name = f"all:{rule}:{limit.points_currency}:{limit.window}"
            found[name] = min(limit.points, found.get(name, limit.points))
    return found
