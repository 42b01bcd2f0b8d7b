"""The public doors as clients meet them: an API that is ready, chosen as a load balancer would; and Kafka."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Self

import httpx
import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from rapport.commands.token import ALL_SCOPES
from services.contact.policies.touchpoints import TOPIC
from shared.http.auth import development_token
from shared.http.consistency import read_token
from shared.settings import KernelSettings, read
from tests.faults.deployment import Deployment
from tests.faults.ledger import Attempt, Entry, Ledger, Outcome

LOOK_SECONDS = 0.25
CONNECT_SECONDS = 1.0
PATIENCE_SECONDS = 6.0
"""How long a client waits for an answer: less than faults last, so that outcomes do become unknown."""

BUSY = 409, 412, 429
LIMITS = httpx.Limits(max_connections=400, max_keepalive_connections=50)


class Doors:
    """Sends the entries of a ledger, and notes what came of each attempt."""

    def __init__(self, deployment: Deployment, ledger: Ledger) -> None:
        self._deployment = deployment
        self._ledger = ledger
        self._ready: set[str] = set()
        self._producer: AIOKafkaProducer | None = None
        self._producing = asyncio.Lock()
        self._looking: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        token = development_token(read(KernelSettings), ALL_SCOPES, subject="faults")
        headers = {"Authorization": f"Bearer {token}"}
        timeout = httpx.Timeout(PATIENCE_SECONDS, connect=CONNECT_SECONDS)
        self._client = httpx.AsyncClient(headers=headers, timeout=timeout, limits=LIMITS)
        self._looker = httpx.AsyncClient(timeout=2, limits=httpx.Limits(max_keepalive_connections=0))
        for name in self._deployment.names(role="api"):
            self._looking.append(asyncio.create_task(self._look(name)))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        await self._client.aclose()
        await self._looker.aclose()
        await self._drop_producer()

    async def _look(self, name: str) -> None:
        """Keep asking an API whether it may be given work."""
        while True:
            url = f"{self._deployment.replica(name).url}/readyz"
            found = None
            with suppress(httpx.HTTPError):
                found = await self._looker.get(url)
            if found is not None and found.status_code == httpx.codes.OK:
                self._ready.add(name)
            else:
                self._ready.discard(name)
            await asyncio.sleep(LOOK_SECONDS)

    def _choose(self, service: str) -> str | None:
        ready = [name for name in self._deployment.names(service=service, role="api") if name in self._ready]
        return self._deployment.random.choice(ready) if ready else None

    async def send(self, entry: Entry, *, final: bool = False, noted: bool = True) -> None:
        """Send the command once, and settle its outcome as far as the answer tells it; `noted` if it is in doubt."""
        attempt = Attempt("", self._deployment.now, float("inf"), "")
        entry.attempts.append(attempt)
        sending: Callable[[Entry, Attempt], Awaitable[tuple[Outcome, str]]] = (
            self._by_http if entry.method else self._by_kafka
        )
        outcome, answer = await sending(entry, attempt)
        attempt.ended = self._deployment.now
        if outcome is Outcome.UNKNOWN and noted:
            self._ledger.doubted.add(entry.key)
        entry.settle(outcome, answer, final=final)

    async def _by_http(self, entry: Entry, attempt: Attempt) -> tuple[Outcome, str]:
        deadline = self._deployment.now + PATIENCE_SECONDS
        headers = {"Idempotency-Key": entry.key, "If-Match": "*"}
        while self._deployment.now < deadline:
            attempt.door = self._choose(entry.service) or ""
            if attempt.door:
                url = self._deployment.replica(attempt.door).url + entry.path
                try:
                    answer = await self._client.request(entry.method, url, json=entry.body, headers=headers)
                except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
                    self._ready.discard(attempt.door)  # nothing was sent: a balancer tries the next
                except httpx.HTTPError as error:
                    attempt.said = type(error).__name__
                    return Outcome.UNKNOWN, ""
                else:
                    attempt.said = _said(answer)
                    return _read(entry, answer)
            await asyncio.sleep(0.05)
        attempt.said = "no API was ready"
        return Outcome.UNKNOWN, ""

    async def _by_kafka(self, entry: Entry, attempt: Attempt) -> tuple[Outcome, str]:
        attempt.door = "kafka"
        headers = [
            ("content-type", b"application/json"),
            ("ce_specversion", b"1.0"),
            ("ce_type", f"rapport.touchpoint.{entry.kind}.v1".encode()),
            ("ce_source", b"/faults"),
            ("ce_id", entry.key.encode()),
        ]
        value, key = msgspec.json.encode(entry.body), entry.path.encode()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                producer = await self._the_producer()
                await producer.send_and_wait(TOPIC, value, key=key, headers=headers)
        except (KafkaError, TimeoutError, OSError) as error:
            attempt.said = type(error).__name__
            if not isinstance(error, TimeoutError):
                await self._drop_producer()
            return Outcome.UNKNOWN, ""
        attempt.said = "acks=all"
        return Outcome.ACKNOWLEDGED, ""

    async def _the_producer(self) -> AIOKafkaProducer:
        async with self._producing:
            if self._producer is None:
                servers = self._deployment.kafka.bootstrap_servers
                fresh = AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True)
                try:
                    await fresh.start()
                except BaseException:
                    await fresh.stop()
                    raise
                self._producer = fresh
            return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError, TimeoutError, OSError):
                await asyncio.wait_for(producer.stop(), 2)

    async def resolve(self, entries: Sequence[Entry], *, rounds: int = 40, noted: bool = True) -> None:
        """Ask for the outcome of commands with the keys that they had, until each has a definite answer."""
        waiting = list(entries)
        room = asyncio.Semaphore(16)

        async def ask(entry: Entry) -> None:
            async with room:
                await self.send(entry, final=True, noted=noted)

        for _ in range(rounds):
            await asyncio.gather(*map(ask, waiting))
            waiting = [entry for entry in waiting if entry.outcome is Outcome.UNKNOWN]
            if not waiting:
                return
            await asyncio.sleep(0.5)


def _said(answer: httpx.Response) -> str:
    if answer.status_code < httpx.codes.BAD_REQUEST:
        return str(answer.status_code)
    try:
        problem = answer.json()
        return f"{answer.status_code} {problem['type'].rpartition('/')[2]}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.text[:80]}"


def _read(entry: Entry, answer: httpx.Response) -> tuple[Outcome, str]:
    """Return what an answer tells of the command."""
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or "busy" in _said(answer):
        return Outcome.UNKNOWN, ""
    if answer.status_code >= httpx.codes.BAD_REQUEST:
        return Outcome.REFUSED, answer.text
    token = answer.headers.get("consistency-token")
    if token:
        entry.stream, entry.version = read_token(token)
    return Outcome.ACKNOWLEDGED, answer.text
