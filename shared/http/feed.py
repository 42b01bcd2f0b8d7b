"""Server-sent events: a feed as an HTTP answer that can be resumed, ends by itself, and holds up nobody."""

import asyncio
import time
from contextlib import aclosing, suppress
from typing import Annotated

from fastapi import APIRouter, Header, Response
from starlette.types import Receive, Scope, Send

from shared.errors import Rejected
from shared.feeds.feed import Feed
from shared.feeds.places import read_id
from shared.feeds.source import OwnLog, Source
from shared.http.calls import Call, scope
from shared.privacy.revealing import reveal
from shared.service import Service

LIFE_SECONDS = 900.0
"""A feed ends after this time, or when its token does; the client then resumes, perhaps at another process."""

PATIENCE_SECONDS = 20.0
"""How long a listener may leave what was sent to it unread."""

FAREWELL_SECONDS = 1.0

LastEventId = Annotated[
    str | None,
    Header(
        max_length=4096,
        description="The id of the last event that you have: the feed goes on behind it. `0`: from the beginning.",
    ),
]


class NotForCustomers(Rejected):
    """A customer's own token asked for what is about all customers."""

    status = 403


class EventStream(Response):
    """Sends a feed; ends it when the listener is gone, takes nothing any more, or the feed is over."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed | None = None) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        assert self._feed, "a route gives the feed"  # noqa: S101 - without one it only documents the media type
        if deadline := scope.get("rapport.deadline"):
            deadline.reschedule(None)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        gone = asyncio.ensure_future(_until_gone(receive, self._feed))
        try:
            with suppress(TimeoutError):
                await self._send(send, self._feed)
        finally:
            gone.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, feed: Feed) -> None:
        async with aclosing(feed.chunks()) as chunks:
            async for chunk in chunks:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _until_gone(receive: Receive, feed: Feed) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    feed.listener.end()


async def open_feed(
    call: Call,
    name: str,
    source: Source,
    about: frozenset[str] | None,
    last_event_id: str | None,
    last: frozenset[str] = frozenset(),
) -> Response:
    """Answer a feed of `source` about these subjects, behind `last_event_id`. Feeds of one `name` share a reader.

    Raises Invalid for an id that no such feed gave.
    """
    reached = None if last_event_id is None else read_id(last_event_id, await source.ends())
    tail = call.kit.feeds.tail(name, source, call.kit.wakeup)

    async def shown(body: bytes) -> bytes:
        return await revealed(call, body)

    seconds = min(LIFE_SECONDS, call.caller.expires_at - time.time())
    return EventStream(Feed(tail, about, reached, shown, seconds=seconds, last=last))


async def revealed(call: Call, body: bytes) -> bytes:
    """Return an event's JSON with what is sealed in it opened: every event leaves through here."""
    vault = call.kit.store.vault
    return body if vault is None else await reveal(vault, body)


def feed_router(service: Service) -> APIRouter:
    """Return the route that every service has: its whole log, as it comes."""
    router = APIRouter(prefix="/v1", tags=["feed"])
    reading = scope(f"{service.name}:read")

    @router.get("/feed", status_code=200, response_class=EventStream, name="follow_log")
    async def follow_log(call: Annotated[Call, reading], last_event_id: LastEventId = None) -> Response:
        """Follow every event of the service, in the order of its publication, as server-sent events."""
        if call.caller.customer is not None:
            raise NotForCustomers("not-for-customers", "This feed is about all customers: ask for one of your own.")
        return await open_feed(call, "log", OwnLog(call.kit.store, service.name), None, last_event_id)

    return router
