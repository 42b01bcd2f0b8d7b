"""The model: what more cores give, from the processor time that each event costs each kind of process.

The service demand law and the asymptotic bounds (Denning and Buzen, "The
Operational Analysis of Queueing Network Models", ACM Computing Surveys 10(3),
1978; Lazowska et al., "Quantitative System Performance", 1984, chapters 3 and
5): with D seconds of processor time an event in all, c cores do at most c / D
events a second; and a part that runs in p processes of one thread each does at
most p / D_part. Neither counts the waiting for locks, nor that caches get
colder: real numbers are below, by how much is measured as `efficiency`. Gunther's
universal scalability law would fit such losses, but not from three points on two
cores.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct


class Point(Struct, frozen=True):
    """Measured with so many processes: events a second, and processor microseconds an event of each kind of process."""

    processes: int
    rate: float
    demand_us: Mapping[str, float]
    spread: float
    values: Sequence[float]


class Bound(Struct, frozen=True):
    """At most so many events a second with so many processes on so many cores, and which limit that is."""

    cores: int
    processes: int
    rate: float
    limit: str


class Fitted(Struct, frozen=True):
    """The model of one path.

    `efficiency` is what was measured of the bound on the machine's own cores, at
    the best point; `growth` the demand an event at the most processes as a
    multiple of that at one: above 1 there is waiting or colder caches.
    """

    demand_us: Mapping[str, float]
    efficiency: float
    growth: float
    bounds: list[Bound]


PROCESSES = (1, 2, 4, 8, 12)
CORES = (2, 4, 8, 16, 32)
LOAD = "load"
"""The generator of the load, which users bring themselves: not counted for other machines."""


def fitted(points: Sequence[Point], own_cores: int, part: str) -> Fitted:
    """Fit the points, of which the first has one process, where `part` is the kind of process that was multiplied."""
    best = max(points, key=lambda point: point.rate)
    whole = sum(best.demand_us.values())
    efficiency = best.rate * whole / 1e6 / own_cores
    demand = {name: value for name, value in best.demand_us.items() if name != LOAD}
    growth = sum(points[-1].demand_us.values()) / sum(points[0].demand_us.values())
    sizes = [(cores, processes) for cores in CORES for processes in PROCESSES if processes <= cores]
    bounds = [bound(demand, cores, processes, part) for cores, processes in sizes]
    return Fitted(demand, round(efficiency, 3), round(growth, 3), bounds)


def bound(demand_us: Mapping[str, float], cores: int, processes: int, part: str) -> Bound:
    """Return what the cores, or the processes of one thread each, allow at most."""
    by_cores = cores * 1e6 / sum(demand_us.values())
    by_processes = processes * 1e6 / demand_us[part]
    if by_cores <= by_processes:
        return Bound(cores, processes, round(by_cores), "cores")
    return Bound(cores, processes, round(by_processes), f"{processes} {part}")
