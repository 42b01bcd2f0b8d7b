"""A pace for what works in batches: under a light load it waits a little, so that one batch has what many would have.

Each batch costs a transaction and its round trips, however little is in it. Without a pace, a process at half its
load is as busy as at its whole: it takes events one by one as they come.
"""

import asyncio

LONGEST_SECONDS = 0.2
"""The longest wait for the next batch, however long the last one took."""


class Pace:
    """Leaves at least `seconds` between the beginning of one batch and that of the next, and rests after each batch.

    It rests `rests` times as long as the batch took. A full batch is followed by the next at once, since more is
    waiting. What comes after a silence isn't held up at all; what comes during work waits for some batches' time at
    most. Where the machine is busy, batches take longer, come more seldom and hold more: each event costs less.
    """

    def __init__(self, seconds: float, rests: float = 1.0) -> None:
        self._seconds = seconds
        self._rests = rests
        self._began: float | None = None

    def begin(self) -> None:
        """Note that a batch begins now."""
        self._began = asyncio.get_running_loop().time()

    async def keep(self, *, full: bool) -> None:
        """Wait until the next batch may begin, after one that has ended now; without a batch, return at once."""
        if self._began is None:
            return
        took = asyncio.get_running_loop().time() - self._began
        self._began = None
        if not full:
            await asyncio.sleep(min(max(self._seconds - took, self._rests * took), LONGEST_SECONDS))
