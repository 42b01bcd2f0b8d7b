"""Views and parking that are wrong in one way each."""

from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import patch

from shared.consumers import batch
from shared.consumers.handler import Item, Parked
from shared.views.handler import ViewHandler
from tests.simulation.mutations.mutation import Mutation


async def _nothing_blocks(_: Any, __: Any, handlers: Sequence[str]) -> Mapping[str, frozenset[str]]:
    return {handler: frozenset() for handler in handlers}


async def _nothing_kept(*_: object) -> None:
    """Skip in silence what can't be handled."""


_fold = ViewHandler._fold


def _all_wait(self: ViewHandler, items: Sequence[tuple[Any, Item]], before: Any, waiting: Any) -> Any:
    for place in range(len(items)):
        after, aside = _fold(self, items[: place + 1], before, waiting)
        if aside:
            return after, aside + [Parked(item, self.name, str(key), None) for key, item in items[place + 1 :]]
    return _fold(self, items, before, waiting)


PARKING = (
    Mutation(
        "a parked key lets later messages pass",
        ("P4", "P5", "P6"),
        [patch.object(batch, "blocked_keys", _nothing_blocks)],
    ),
    Mutation(
        "what can't be handled is skipped in silence", ("P4", "P5", "P6"), [patch.object(batch, "park", _nothing_kept)]
    ),
    Mutation("everything behind it waits", ("P5", "P6"), [patch.object(ViewHandler, "_fold", _all_wait)]),
)
