"""One reader for all listeners of a process: it follows the end of a source and gives each what it is about."""

import asyncio
from collections import deque
from collections.abc import Iterable

from shared.feeds.places import Place, Reached
from shared.feeds.source import Source, Told
from shared.telemetry.log import logger
from shared.wakeup import Wakeup

log = logger("feeds")

POLL_SECONDS = 0.25
"""How long the reader waits for a wake-up before it looks for itself."""

LEAST_SECONDS = 0.02
"""Between two looks: however many commits there are, the database is asked no more than fifty times a second."""

WAITING = 1000
"""Events that may wait for one listener. Who is slower than that is cut off, and resumes from the log."""

RETRY_SECONDS = 0.5


class Listener:
    """One feed: whom it is about (None: everyone), and what waits to be sent."""

    def __init__(self, about: frozenset[str] | None) -> None:
        self.about = about
        self.waiting: deque[Told] = deque()
        self.news = asyncio.Event()
        self._over = False
        self.slow = False

    def over(self) -> bool:
        """Whether the feed has ended, or must."""
        return self._over

    def tell(self, event: Told) -> None:
        """Let the event wait to be sent; never waits itself."""
        if len(self.waiting) >= WAITING:
            self.slow = True
            self.end()
        elif not self._over:
            self.waiting.append(event)
            self.news.set()

    def end(self) -> None:
        """Let the feed end: what still waits is not sent."""
        self._over = True
        self.waiting.clear()
        self.news.set()


class Tail:
    """Reads what comes while anyone listens; a failure of the source is waited out."""

    def __init__(self, source: Source, wakeup: Wakeup) -> None:
        self.source = source
        self._ear = wakeup.ear()
        self._everyone: set[Listener] = set()
        self._about: dict[str, set[Listener]] = {}
        self._joining: dict[Listener, asyncio.Future[Reached]] = {}
        self._reached: dict[Place, int] = {}
        self._looking = False
        self._task: asyncio.Task[None] | None = None
        self.closed = False

    @property
    def reached(self) -> Reached:
        """The place up to which every listener was told everything that it is about."""
        return self._reached

    async def join(self, listener: Listener) -> Reached:
        """Let `listener` be told everything from now on; return the place from which on that is."""
        if self.closed:
            listener.end()
            return self._reached
        joined: asyncio.Future[Reached] = asyncio.get_running_loop().create_future()
        self._joining[listener] = joined
        if self._task is None or self._task.done():
            self._reached = {}
            self._task = asyncio.get_running_loop().create_task(self._run())
        elif self._reached and not self._looking:
            self._admit()
        return await joined

    def leave(self, listener: Listener) -> None:
        """Tell `listener` nothing more. Leaving twice is quiet."""
        self._joining.pop(listener, None)
        self._everyone.discard(listener)
        for subject in listener.about or ():
            group = self._about.get(subject, set())
            group.discard(listener)
            if not group:
                self._about.pop(subject, None)

    def close(self) -> None:
        """End all feeds, and let none begin."""
        self.closed = True
        self._end_all()
        for joined in self._joining.values():
            if not joined.done():
                joined.set_result(self._reached)
        if self._task:
            self._task.cancel()

    def _end_all(self) -> None:
        for listener in (*self._joining, *self._everyone, *(item for group in self._about.values() for item in group)):
            listener.end()

    async def _run(self) -> None:
        while self._joining or self._everyone or self._about:
            try:
                self._looking = True
                await self._look()
                self._looking = False
                self._admit()
                await asyncio.sleep(LEAST_SECONDS)
                await self._ear.wait(POLL_SECONDS)
            except Exception as error:
                log.warning("feed.waits", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _look(self) -> None:
        ends = await self.source.ends()
        if any(ends[place] < number for place, number in self._reached.items()):
            log.warning("feed.log-went-back", detail="the log or the view was restored: all feeds end, and begin anew")
            self._end_all()
            self._reached = {}
        if self._reached and ends != self._reached:
            about = None if self._everyone else frozenset(self._about)
            if about is None or about:
                async for page in self.source.read(dict(self._reached), ends, about):
                    self._tell(page)
        self._reached = dict(ends)

    def _tell(self, page: Iterable[Told]) -> None:
        """Fan out; what was told is never told again, also when the rest of a look fails."""
        for event in page:
            for listener in (*self._everyone, *self._about.get(event.subject, ())):
                listener.tell(event)
            self._reached[event.place] = event.number

    def _admit(self) -> None:
        """Take in those who came during the look: they are told what the next look finds, and read the rest alone."""
        for listener, joined in self._joining.items():
            if listener.about is None:
                self._everyone.add(listener)
            for subject in listener.about or ():
                self._about.setdefault(subject, set()).add(listener)
            if not joined.done():
                joined.set_result(dict(self._reached))
        self._joining.clear()
