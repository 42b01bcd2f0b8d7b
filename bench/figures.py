"""A figure: what was measured, in which unit, how it spread, and what stands beside it."""

import statistics
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import NamedTuple

from msgspec import Struct

REPEATS = 3


class Found(NamedTuple):
    """A value with what else was seen when it was measured: percentiles, microseconds of processor time an event."""

    value: float
    details: Mapping[str, float]


Measure = Callable[[], Awaitable[float | Found]]

FOCUS: ContextVar[str | None] = ContextVar("FOCUS", default=None)
"""The one figure that is wanted: others are measured once, as it may need what they leave, and no peer is."""


class Figure(Struct, frozen=True):
    """One result: medians over the repeats, of which `values` has all.

    `ratio` = value / beside_value; `spread` = (max - min) / median; `details` are those of the repeat in the middle.
    """

    name: str
    value: float
    unit: str
    beside: str | None
    beside_value: float | None
    ratio: float | None
    spread: float
    goal: str
    values: list[float]
    beside_values: list[float]
    details: Mapping[str, float]
    beside_details: Mapping[str, float]


async def measured(
    name: str, unit: str, measure: Measure, goal: str, beside: str | None = None, peer: Measure | None = None
) -> Figure:
    """Measure a figure and its peer in turn, so that both meet the same noise."""
    found, others = [], []
    focus = FOCUS.get()
    for _ in range(REPEATS if focus in (None, name) else 1):
        if peer and focus is None:
            others.append(_found(await peer()))
        found.append(_found(await measure()))
    return figure(name, unit, found, goal, beside, others)


def figure(
    name: str, unit: str, found: list[Found], goal: str, beside: str | None = None, others: list[Found] | None = None
) -> Figure:
    """Make a figure of what was found in each repeat, beside what the peer's gave. ValueError: nothing was."""
    middle, other = _middle(found), _middle(others) if others else None
    values = [item.value for item in found]
    return Figure(
        name,
        round(middle.value, 2),
        unit,
        beside,
        other and round(other.value, 2),
        middle.value / other.value if other and other.value else None,
        (max(values) - min(values)) / middle.value if middle.value else 0.0,
        goal,
        [round(value, 2) for value in values],
        [round(item.value, 2) for item in others or ()],
        middle.details,
        other.details if other else {},
    )


def _middle(found: list[Found]) -> Found:
    value = statistics.median_low([item.value for item in found])
    return next(item for item in found if item.value == value)


def _found(value: float | Found) -> Found:
    return value if isinstance(value, Found) else Found(value, {})
