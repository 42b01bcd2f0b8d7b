"""States of long streams that a policy keeps from batch to batch: read anew, each would cost its whole history.

A batch may be rolled back after it was remembered, and a database may lose its last
transactions. So a kept state counts only where the event that it ends with is read
again as it was; else the stream is read from its beginning.
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct

from shared.handle import Loaded
from shared.policies.work import WorkingSet
from shared.store.contract import Recorded

LONG, MOST = 100, 1_000
"""Events of a stream that is worth it, and how many streams; those that weren't needed for longest give way."""


class _Kept(Struct, frozen=True):
    """A state, the last event that is folded into it, and when that was recorded."""

    loaded: Loaded[Any]
    event: Any
    recorded_at: datetime

    def ends_with(self, found: Recorded) -> bool:
        """Tell whether what was read is that event."""
        return (found.version, found.event, found.recorded_at) == (self.loaded.version, self.event, self.recorded_at)


class KeptStates:
    """What one policy of a process keeps."""

    def __init__(self, *, long: int = LONG, most: int = MOST) -> None:
        self._long, self._most = long, most
        self._states: OrderedDict[str, _Kept] = OrderedDict()

    async def bring(self, work: WorkingSet, streams: Iterable[str]) -> None:
        """Give a batch the states of these streams that are kept, with what came after them."""
        kept = {stream: self._states[stream] for stream in streams if stream in self._states}
        if not kept:
            return
        after = {stream: one.loaded.version - 1 for stream, one in kept.items()}
        found = await work.store.read_many(list(kept), after=after)
        for stream, one in kept.items():
            news = found.get(stream, ())
            if news and one.ends_with(news[0]):
                work.take(stream, one.loaded, news[1:])
            else:
                self._states.pop(stream, None)

    def remember(self, work: WorkingSet) -> None:
        """Keep the states of long streams as a batch left them, whether it will be committed or not."""
        for stream, loaded, append in work.written():
            if loaded.version >= self._long:
                self._states[stream] = _Kept(loaded, append.events[-1], append.context.recorded_at)
                self._states.move_to_end(stream)
        while len(self._states) > self._most:
            self._states.popitem(last=False)
