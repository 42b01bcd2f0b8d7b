"""A service made up for the HTTP kit's tests, served in memory."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, cast
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from shared.clock import system_clock
from shared.handle import Handler
from shared.http import Answer, Call, documented, scope
from shared.http.app import create_app
from shared.http.auth import Verifier, development_token
from shared.http.kit import Kit
from shared.service import Service
from shared.store.memory import InMemoryEventStore
from shared.testing import sample

router = APIRouter(prefix="/v1/counters", tags=["counters"])


class Raising(BaseModel):
    by: int = Field(ge=0, le=600)
    note: str = Field(default="", max_length=20)


@router.post("/{name}/raises", status_code=201, responses=documented(409, 422))
async def raise_counter(name: str, raising: Raising, call: Annotated[Call, scope("sample:write")]) -> Response:
    return await call.handle(
        sample.COUNTER,
        sample.COUNTER.stream(name),
        sample.Raise(raising.by),
        subject=name,
        answer=lambda outcome: Answer({"total": outcome.state}, 201),
    )


@router.put("/{name}", responses=documented(409, 412, 422, 428))
async def set_counter(name: str, raising: Raising, call: Annotated[Call, scope("sample:write")]) -> Response:
    call.must_match()
    return await call.handle(
        sample.COUNTER,
        sample.COUNTER.stream(name),
        sample.Raise(raising.by),
        subject=name,
        answer=lambda outcome: Answer({"total": outcome.state}),
    )


@router.get("/{name}", responses=documented(404))
async def show_counter(name: str, call: Annotated[Call, scope("sample:read")]) -> Response:
    loaded = await call.load(sample.COUNTER, sample.COUNTER.stream(name))
    return call.answer({"total": loaded.state}, version=loaded.version)


@router.get("/of/{customer_id}", responses=documented(404))
async def show_of(customer_id: UUID, call: Annotated[Call, scope("sample:read")]) -> Response:
    call.must_see(customer_id)
    return call.answer({"customer_id": customer_id})


@router.post("/broken", responses=documented())
async def break_down(call: Annotated[Call, scope("sample:write")]) -> Response:
    raise RuntimeError("the secret is key-4711")


OUTAGES = {
    "disk-full": asyncpg.DiskFullError,
    "too-many-connections": asyncpg.TooManyConnectionsError,
    "starting": asyncpg.CannotConnectNowError,
    "crashed": asyncpg.CrashShutdownError,
    "abandoned": asyncpg.IdleInTransactionSessionTimeoutError,
    "not-the-primary": asyncpg.ReadOnlySQLTransactionError,
    "disk-failed": asyncpg.PostgresIOError,
    "broken-between-messages": asyncpg.InternalClientError,
    "network": OSError,
}


@router.post("/outage/{name}", responses=documented())
async def have_an_outage(name: str, call: Annotated[Call, scope("sample:write")]) -> Response:
    raise OUTAGES[name]("could not extend file base/5/16384 in key-4711")


class QuietWakeup:
    """Counts the signals."""

    signals = 0

    def signal(self) -> None:
        self.signals += 1


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now: datetime = system_clock()

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def declaration(tmp_path: Path) -> Service:
    return replace(sample.service(tmp_path), routes=(router,))


@pytest.fixture
def kit(declaration: Service, clock: Clock) -> Kit:
    store = InMemoryEventStore(sample.PUBLISHED, clock)
    nothing = cast("Any", None)
    wakeup = cast("Any", QuietWakeup())
    verifier = Verifier(sample.SETTINGS)
    return Kit(declaration, sample.SETTINGS, nothing, store, Handler(store), nothing, wakeup, clock, verifier)


@pytest.fixture
async def client(declaration: Service, kit: Kit) -> AsyncIterator[httpx.AsyncClient]:
    token = development_token(sample.SETTINGS, ["sample:read", "sample:write"], subject="tester")
    transport = httpx.ASGITransport(create_app(declaration, kit), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client
