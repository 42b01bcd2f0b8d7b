"""The long run: kills without end, of victims drawn from a seed, with a check of everything from time to time."""

from collections.abc import Iterator

from tests.faults.plan import Allows, Load, Plan
from tests.faults.shape import Shape
from tests.faults.steps.kill_randomly import KillRandomly

AT_ONCE = 100
"""Kills between two checks."""

SHAPE = Shape(apis=2, workers=2)
LOAD = Load(rate=20, seconds=0, customers=60, poison=0.005)
ALLOWS = Allows(seconds=300)


def long_run(kills: int, seed: int) -> Iterator[Plan]:
    """Yield the plans that together make up so many kills; they run on one deployment, one after the other."""
    for first in range(1, kills + 1, AT_ONCE):
        last = min(first + AT_ONCE - 1, kills)
        yield Plan(
            name=f"kills-{first}-{last}",
            about=f"Kills {first} to {last} of {kills}, of victims drawn from the seed.",
            seed=seed + first,
            load=LOAD,
            deployment=SHAPE,
            steps=[KillRandomly(at=1.0, kills=last - first + 1, least=1.5, most=1.7)],
            allows=ALLOWS,
        )
