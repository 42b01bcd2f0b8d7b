"""One listener's feed: first what it has missed, from the log, and then what comes; no gap and no repeat between."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress

from shared.feeds.places import Place, Reached, id_of
from shared.feeds.source import Told
from shared.feeds.tail import Listener, Tail

HEARTBEAT_SECONDS = 15.0
NEAR = 500
"""Events between a feed and the end of the log, below which it joins the common reader."""

RETRY = b"retry: 1000\n"

Shown = Callable[[bytes], Awaitable[bytes]]
"""What an event's JSON passes through on its way out."""


class Feed:
    """Yields what is written to the listener, until `seconds` have passed, it is too slow, or the process ends.

    Each event carries as its id how far the feed has come with it; so does each
    heartbeat, so that who resumes reads no more than what it has missed.
    An event whose type is in `last` ends the feed behind it: whom it is about may have changed.
    """

    def __init__(
        self,
        tail: Tail,
        about: frozenset[str] | None,
        reached: Reached | None,
        shown: Shown,
        *,
        seconds: float,
        last: frozenset[str] = frozenset(),
    ) -> None:
        self._tail = tail
        self._shown = shown
        self._seconds = seconds
        self._last = last
        self._reached: dict[Place, int] | None = None if reached is None else dict(reached)
        self.listener = Listener(about)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield blocks of server-sent events; whoever stops early must close the iterator."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            if self._reached is not None:
                yield RETRY + self._heartbeat()
                async for chunk in self._missed():
                    yield chunk
            joined = await self._tail.join(self.listener)
            if self._reached is None:
                self._reached = dict(joined)
                yield RETRY + self._heartbeat()
            async for chunk in self._read(joined):
                yield chunk
            async for chunk in self._coming(deadline):
                yield chunk
        finally:
            self._tail.leave(self.listener)

    async def _missed(self) -> AsyncIterator[bytes]:
        """Read on until the end of the log is near: the queue of a listener that joins holds only so much."""
        while not self.listener.over():
            ends = await self._tail.source.ends()
            if sum(ends.values()) - sum(self._place.values()) <= NEAR:
                return
            async for chunk in self._read(ends):
                yield chunk

    async def _read(self, until: Reached) -> AsyncIterator[bytes]:
        ahead = {place: max(number, self._place[place]) for place, number in until.items()}
        async for page in self._tail.source.read(dict(self._place), ahead, self.listener.about):
            if self.listener.over():
                return
            if page:
                yield await self._blocks(page)
        self._place.update(ahead)

    async def _coming(self, deadline: float) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        while not self.listener.over() and loop.time() < deadline:
            waiting = min(HEARTBEAT_SECONDS, deadline - loop.time())
            with suppress(TimeoutError):
                await asyncio.wait_for(self.listener.news.wait(), waiting)
            self.listener.news.clear()
            if self.listener.over():
                return
            if self.listener.waiting:
                events = list(self.listener.waiting)
                self.listener.waiting.clear()
                yield await self._blocks(events)
            else:
                # Nothing waits, so it was told everything up to where the common reader is.
                self._pass(self._tail.reached)
                yield self._heartbeat()

    async def _blocks(self, events: Iterable[Told]) -> bytes:
        found = []
        for event in events:
            if event.number > self._place[event.place] and not self.listener.over():
                body = await self._shown(event.body)
                self._place[event.place] = event.number
                found.append(b"id: %b\ndata: %b\n\n" % (id_of(self._place).encode(), body))
                if event.type in self._last:
                    self.listener.end()
        return b"".join(found)

    def _pass(self, reached: Reached) -> None:
        for place, number in reached.items():
            self._place[place] = max(number, self._place[place])

    def _heartbeat(self) -> bytes:
        return b"id: %b\n\n" % id_of(self._place).encode()

    @property
    def _place(self) -> dict[Place, int]:
        assert self._reached is not None, "it is known before anything is sent"  # noqa: S101 - for the type checker
        return self._reached
