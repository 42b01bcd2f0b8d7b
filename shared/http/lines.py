"""Lines: requests that want the same thing are decided one behind the other, and appended together.

Many who change one stream at once would each decide on the same version of it, and
all but one in vain. In a line, whoever is served takes along those who wait behind,
on one working set and with one append, so that a stream in demand costs a commit
for all of them; another process that changes it meanwhile costs all one more try.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.errors import Conflict, Rejected
from shared.handle import Handler
from shared.http.answer import Answer
from shared.policies.work import WorkingSet
from shared.store.contract import EventStore, KeyUsed, Once

MOST = 64
"""Requests that are decided together: the first of them waits for the last."""

ATTEMPTS = 24
"""How often all are decided again when other processes keep winning."""


@dataclass(frozen=True, eq=False)
class Waiting:
    """A request in a line: the streams it needs, those it seals for, what it decides, and the answer to keep."""

    streams: Sequence[str]
    sealing: Sequence[str]
    decide: Callable[[WorkingSet], Answer]
    once: Callable[[Answer], Once | None]
    now: datetime
    answer: "asyncio.Future[Answer]"


class Lines:
    """The lines of one process, each under the name of what its requests want."""

    def __init__(self, store: EventStore, handler: Handler) -> None:
        self._store = store
        self._handler = handler
        self._waiting: dict[str, deque[Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def served(
        self,
        line: str,
        streams: Sequence[str],
        sealing: Sequence[str],
        decide: Callable[[WorkingSet], Answer],
        once: Callable[[Answer], Once | None],
        now: datetime,
    ) -> Answer:
        """Wait in the line, and return the answer once what it stands for is durable; raise what `decide` raises."""
        loop = asyncio.get_running_loop()
        waiting = Waiting(streams, sealing, decide, once, now, loop.create_future())
        if line in self._waiting:
            self._waiting[line].append(waiting)
        else:
            self._waiting[line] = deque([waiting])
            task = loop.create_task(self._serve(line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await waiting.answer

    async def _serve(self, line: str) -> None:
        waiting = self._waiting[line]
        try:
            while batch := [waiting.popleft() for _ in range(min(MOST, len(waiting)))]:
                await self._together([item for item in batch if not item.answer.done()])
        finally:
            del self._waiting[line]  # in the same step as the last look at it: nobody may come in between

    async def _together(self, batch: Sequence[Waiting]) -> None:
        """Decide all at once; where someone's key was used meanwhile, each alone, so that only theirs is refused."""
        try:
            await self._decide(batch)
        except KeyUsed as used:
            if len(batch) == 1:
                _tell(batch, used)
            else:
                for item in batch:
                    await self._together([item])
        except Exception as error:
            _tell(batch, error)
        except asyncio.CancelledError:
            _tell(batch, ConnectionError("the process is ending"))
            raise

    async def _decide(self, batch: Sequence[Waiting]) -> None:
        for _ in range(ATTEMPTS if batch else 0):
            work = WorkingSet(self._store, batch[0].now, states=self._handler)
            await work.load([stream for item in batch for stream in item.streams])
            await work.fetch_keys([stream for item in batch for stream in item.sealing])
            found, kept = await _found(work, batch)
            if any(isinstance(item, Rejected) for item in found.values()) and await work.mixed():
                continue
            try:
                await work.commit(once=kept)
            except Conflict:
                continue
            for item in batch:
                _tell([item], found[item])
            return
        _tell(batch, Conflict([stream for item in batch for stream in item.streams]))


async def _found(work: WorkingSet, batch: Sequence[Waiting]) -> tuple[Mapping[Waiting, Answer | Exception], list[Once]]:
    """Decide for each; a refusal takes back what it had decided, and counts once the others are stored."""
    found: dict[Waiting, Answer | Exception] = {}
    kept = []
    for item in batch:
        try:
            found[item] = answer = await work.decide(item.decide, work)
        except Exception as error:
            found[item] = error
        else:
            kept += [once] if (once := item.once(answer)) else []
    return found, kept


def _tell(batch: Sequence[Waiting], found: Answer | Exception) -> None:
    for item in batch:
        if item.answer.done():
            continue
        if isinstance(found, Exception):
            item.answer.set_exception(found)
        else:
            item.answer.set_result(found)
