"""A figure: what was measured, in which unit, and what stands beside it."""

import platform
import statistics
from collections.abc import Awaitable, Callable

import psutil
from msgspec import Struct

REPEATS = 3
Measure = Callable[[], Awaitable[float]]


class Figure(Struct, frozen=True):
    """One result: medians over the repeats. `ratio` = value / beside_value; `spread` = (max - min) / median."""

    name: str
    value: float
    unit: str
    beside: str | None
    beside_value: float | None
    ratio: float | None
    spread: float
    goal: str


async def measured(
    name: str, unit: str, measure: Measure, goal: str, beside: str | None = None, peer: Measure | None = None
) -> Figure:
    """Measure a figure and its peer in turn, so that both meet the same noise."""
    values, others = [], []
    for _ in range(REPEATS):
        if peer:
            others.append(await peer())
        values.append(await measure())
    value = statistics.median(values)
    other = statistics.median(others) if others else None
    spread = (max(values) - min(values)) / value
    return Figure(name, round(value, 2), unit, beside, other and round(other, 2), other and value / other, spread, goal)


def machine() -> dict[str, str | int]:
    """Return what the figures were measured on."""
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": psutil.cpu_count() or 0,
        "memory_mib": psutil.virtual_memory().total >> 20,
        "python": platform.python_version(),
    }
