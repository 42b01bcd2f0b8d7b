"""Limits, compiled: the key under which a window's points are counted, and how many points there are in it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from services.loyalty.domain.rules.language import Limit, Window
from services.loyalty.domain.rules.situation import Situation

Whose = Literal["member", "all"]
"""Whose points count together: one member's (a cap), or those of all (a budget)."""


def start_of(window: Window, local: datetime) -> str:
    """Return the first day of the window that a local time lies in; "" for the one that has no beginning."""
    match window:
        case "day":
            day = local.date()
        case "week":
            day = local.date() - timedelta(days=local.weekday())
        case "month":
            day = local.date().replace(day=1)
        case "year":
            day = local.date().replace(month=1, day=1)
        case "ever":
            return ""
    return day.isoformat()


class CompiledLimit(Struct, frozen=True):
    """A limit on a rule's points, or (`rule` is "*") on those of all rules."""

    whose: Whose
    rule: str
    limit: Limit

    def key(self, start: str) -> str:
        """Return what the points of a window are counted under: `member:spring:points:day:2026-03-01`."""
        return f"{self.whose}:{self.rule}:{self.limit.points_currency}:{self.limit.window}:{start}"


CompiledLimits = tuple[CompiledLimit, ...]


class Allowances:
    """What the limits leave while a fact's effects are granted one after the other."""

    __slots__ = ("_asked", "_left", "_situation", "_starts", "_used_before", "used", "uses")

    def __init__(self, situation: Situation, used: Mapping[str, int]) -> None:
        self._situation = situation
        self._used_before = used
        self._asked: dict[int, str] = {}
        self._starts: dict[Window, str] = {"ever": ""}
        self._left: dict[str, int] = {}
        self.used: dict[str, int] = {}
        self.uses: dict[str, int] = {}

    def grant(self, wanted: int, limits: CompiledLimits) -> tuple[int, str]:
        """Return how many of the wanted points all limits leave, and the key of the one that left least."""
        granted, tightest = wanted, ""
        keys = [self._key(limit) for limit in limits]
        for key in keys:
            if self._left[key] < granted:
                granted, tightest = self._left[key], key
        for key in keys:
            self._left[key] -= granted
            self.uses[key] = self.uses.get(key, 0) + granted
        return granted, tightest

    def _key(self, limit: CompiledLimit) -> str:
        known = self._asked.get(id(limit))
        if known is not None:
            return known
        window = limit.limit.window
        start = self._starts.get(window)
        if start is None:
            start = self._starts[window] = start_of(window, self._situation.local)
        key = self._asked[id(limit)] = limit.key(start)
        if key not in self._left:
            used = self.used[key] = self._used_before.get(key, 0)
            self._left[key] = max(0, limit.limit.points - used)
        return key
