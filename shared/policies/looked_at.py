"""States that a policy keeps folded between its batches: of streams that many messages look at, and that few change."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from shared.decider import AnyDecider
from shared.handle import Loaded

MOST = 1000
"""How many states are kept; the least recently used give way."""


class LookedAt:
    """Implements `States` for the streams that are `wanted`. A kept state may be old: what is new is read on top."""

    def __init__(self, wanted: Callable[[str], bool], most: int = MOST) -> None:
        self._wanted = wanted
        self._most = most
        self._states: OrderedDict[str, Loaded[Any]] = OrderedDict()

    def known(self, stream: str) -> Loaded[Any] | None:
        """Return what is kept of a stream, old or not."""
        return self._states.get(stream)

    def keep(self, decider: AnyDecider, stream: str, loaded: Loaded[Any]) -> None:
        """Keep a state that was read, unless it isn't wanted, or a newer one is kept."""
        found = self._states.get(stream)
        if not self._wanted(stream) or (found is not None and found.version > loaded.version):
            return
        self._states[stream] = loaded
        self._states.move_to_end(stream)
        if len(self._states) > self._most:
            self._states.popitem(last=False)
