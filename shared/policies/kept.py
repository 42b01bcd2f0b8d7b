"""States that a policy keeps folded from batch to batch: read anew, each would cost its stream's whole history.

A database may lose its last transactions. So a kept state counts only where the event that it
ends with still stands in its stream; else the stream is read from its beginning.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable

from shared.policies.work import Kept, WorkingSet
from shared.store.contract import Mark

LONG = 100
"""Events of a stream that is worth it whether it is wanted or not."""

MOST = 10_000
"""States that are kept; those that weren't needed for longest give way."""


class KeptStates:
    """What one policy of a process keeps: the states of `wanted` streams, and of long ones."""

    def __init__(self, wanted: Callable[[str], bool], *, long: int = LONG, most: int = MOST) -> None:
        self._wanted, self._long, self._most = wanted, long, most
        self._states: OrderedDict[str, Kept] = OrderedDict()

    async def bring(self, work: WorkingSet, streams: Iterable[str]) -> None:
        """Give a batch the states of these streams that are kept, with what came after them, in one round trip."""
        kept = {stream: self._states[stream] for stream in streams if stream in self._states}
        if not kept:
            return
        marks = {stream: Mark(one.loaded.version, one.recorded_at) for stream, one in kept.items()}
        news = await work.store.read_behind(marks)
        for stream, one in kept.items():
            if stream in news:
                work.take(stream, one, news[stream])
            else:
                self._states.pop(stream, None)

    def remember(self, work: WorkingSet) -> None:
        """Keep the states that a batch has folded, once all that it wrote is committed; a newer one stays."""
        for stream, kept in work.folded():
            if not self._wanted(stream) and kept.loaded.version < self._long:
                continue
            found = self._states.get(stream)
            if found is None or found.loaded.version <= kept.loaded.version:
                self._states[stream] = kept
            self._states.move_to_end(stream)
        while len(self._states) > self._most:
            self._states.popitem(last=False)
