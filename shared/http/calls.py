"""What a route works with: who calls, the time, and one way each to change and to read."""

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from fastapi import Depends, Request, Response
from msgspec import Struct, structs

from shared.decider import Decider
from shared.errors import Conflict, Invalid, Rejected
from shared.handle import ATTEMPTS, Loaded, Outcome
from shared.http.answer import Answer
from shared.http.auth import Caller
from shared.http.consistency import token_of
from shared.http.kit import Kit, kit_of
from shared.http.moments import asks_about_the_past
from shared.http.responses import Revealing
from shared.ids import new_id
from shared.merging.lists import fellows
from shared.policies.work import WorkingSet
from shared.store.contract import Context, KeyUsed, Moment, Once

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")

KEPT = timedelta(days=7)
"""How long an answer is kept under its idempotency key."""

_VERSION = re.compile("[0-9]{1,10}")
_encode = msgspec.json.Encoder(decimal_format="string").encode


class Forbidden(Exception):
    """The token lacks the scope that the route asks for."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class MatchMissing(Exception):
    """The route asks for If-Match."""


class Stored(Struct, frozen=True):
    """An answer as it is kept under an idempotency key."""

    status: int
    body: msgspec.Raw
    headers: dict[str, str]


class Call:
    """One request, seen by its route."""

    def __init__(self, request: Request, kit: Kit, caller: Caller) -> None:
        self.request = request
        self.kit = kit
        self.caller = caller
        self.now: datetime = kit.clock()
        self.new_id = new_id

    def context(self, occurred_at: datetime | None = None) -> Context:
        """Return the surroundings of what this request changes; it happened now unless told otherwise."""
        return Context(
            occurred_at or self.now,
            self.now,
            actor=self.caller.subject,
            correlation=self.request.scope["rapport.request_id"],
            traceparent=self.request.headers.get("traceparent"),
        )

    @property
    def expected(self) -> int | None:
        """The version that If-Match names; None where the header is absent or `*`."""
        given = self.request.headers.get("if-match")
        if given is None or given == "*":
            return None
        version = given.strip().removeprefix("W/").strip('"')
        if not _VERSION.fullmatch(version):
            raise Invalid([("If-Match", 'must be an ETag that we answered, such as "7"')])
        return int(version)

    def must_match(self) -> None:
        """Ask for If-Match: the command depends on what the caller has read."""
        if "if-match" not in self.request.headers:
            raise MatchMissing

    async def load(self, decider: Decider[C, E, S], stream: str, *, subject: str = "") -> Loaded[S]:
        """Return the stream as it is now; see `Handler.load`."""
        return await self.kit.handler.load(decider, stream, subject=subject)

    async def load_at(self, decider: Decider[C, E, S], stream: str, at: Moment) -> Loaded[S]:
        """Return the stream as it was at a moment: the fold of exactly the events that count then."""
        return await self.kit.handler.load_at(decider, stream, at)

    async def handle(
        self,
        decider: Decider[C, E, S],
        stream: str,
        command: C,
        *,
        subject: str,
        answer: Callable[[Outcome[E, S]], Answer],
        fresh: bool = False,
        occurred_at: datetime | None = None,
    ) -> Response:
        """Decide a command on one stream and answer, with ETag and Consistency-Token.

        Under an Idempotency-Key the answer is stored with the events, and a
        repeat gets the same answer. `fresh`: the stream most likely is new.
        """

        def answered(outcome: Outcome[E, S]) -> Answer:
            given = answer(outcome)
            headers = {"ETag": f'"{outcome.version}"', "Consistency-Token": token_of(stream, outcome.version)}
            return Answer(given.body, given.status, {**headers, **given.headers})

        async def work(once: Callable[[Answer], Once | None]) -> Answer:
            outcome = await self.kit.handler.handle(
                decider,
                stream,
                command,
                subject=subject,
                context=self.context(occurred_at),
                expected=self.expected,
                fresh=fresh,
                once=(lambda outcome: once(answered(outcome))) if self._key else None,
            )
            return answered(outcome)

        return await self._once(work)

    async def work(
        self,
        streams: Iterable[str],
        decide: Callable[[WorkingSet], Answer],
        *,
        personal: Iterable[str] = (),
        line: str | None = None,
    ) -> Response:
        """Decide over several streams at once, all or nothing, and answer; idempotent as `handle` is.

        `streams` are read together before; others are read when `decide` asks for
        them, and it then decides again from the beginning. `personal` are those
        of the streams with whose customers' keys something will be sealed.
        `line` names what many want at once, such as one of the streams: see `shared.http.lines`.
        """
        sealing = tuple(personal)
        needed = tuple(streams)

        async def attempt(once: Callable[[Answer], Once | None]) -> Answer:
            if line is not None:
                return await self.kit.lines.served(line, needed, sealing, decide, once, self.now)
            for _ in range(ATTEMPTS):
                work = WorkingSet(self.kit.store, self.now, states=self.kit.handler)
                await work.load(needed)
                if sealing:
                    await work.fetch_keys(sealing)
                try:
                    answer = await work.decide(decide, work)
                except Rejected:
                    if await work.mixed():
                        continue
                    raise
                try:
                    await work.commit(once=once(answer))
                except Conflict:
                    continue
                return answer
            raise Conflict(needed)

        return await self._once(attempt)

    async def _once(self, work: Callable[[Callable[[Answer], Once | None]], Awaitable[Answer]]) -> Response:
        name = self._key
        if name is None:
            answer = await work(lambda _: None)
        else:
            fingerprint = self._fingerprint()
            replayed = await self._replay(name, fingerprint)
            if replayed is not None:
                return replayed
            try:
                answer = await work(lambda given: _record(name, fingerprint, given, self.now + KEPT))
            except (KeyUsed, Conflict, Rejected):
                # The same request, sent twice at once: the other was first, and its answer is ours. It may show in
                # the key, or in a stream that is no longer as this request expects it.
                replayed = await self._replay(name, fingerprint)
                if replayed is None:
                    raise
                return replayed
        self.kit.wakeup.signal()
        return Revealing(self.kit.store.vault, _encode(answer.body), answer.status, answer.headers)

    @property
    def _key(self) -> str | None:
        """The idempotency key's name in the store: a hash, so that no caller's text names anything."""
        given = self.request.headers.get("idempotency-key")
        if given is None or self.request.method != "POST":
            return None
        if not 1 <= len(given) <= 255:
            raise Invalid([("Idempotency-Key", "must hold 1 to 255 characters")])
        return hashlib.sha256(f"{self.caller.subject}\n{self.request.url.path}\n{given}".encode()).hexdigest()

    def _fingerprint(self) -> str:
        """A keyed hash of the body: a body is small, and a plain hash would let guesses be tried on it for ever."""
        key = self.kit.settings.identity_secret.get_secret_value().encode()
        return hmac.digest(key, b"idempotency\0" + self._body, "sha256").hex()

    @property
    def _body(self) -> bytes:
        body: bytes = self.request.scope.get("rapport.body", b"")
        return body

    async def _replay(self, name: str, fingerprint: str) -> Response | None:
        found = await self.kit.store.answered(name)
        if found is None:
            return None
        # The release before kept a plain hash; what it stored is gone after seven days.
        if found[0] not in (fingerprint, hashlib.sha256(self._body).hexdigest()):
            raise Invalid([("Idempotency-Key", "was used with another body: take a new key for a new request")])
        stored = msgspec.json.decode(found[1], type=Stored)
        headers = {**stored.headers, "Idempotency-Replayed": "true"}
        return Revealing(self.kit.store.vault, bytes(stored.body), stored.status, headers)

    def answer(self, body: Any, *, version: int | None = None, headers: dict[str, str] | None = None) -> Response:
        """Return a read's answer; with `version` as its ETag, and 304 when the caller has that already.

        What is answered about the past has no ETag: no command may depend on it.
        """
        found = dict(headers or {})
        if version is not None and not asks_about_the_past(self.request):
            found["ETag"] = f'"{version}"'
            if self.request.headers.get("if-none-match") == found["ETag"]:
                return Response(status_code=304, headers=found)
        return Revealing(self.kit.store.vault, _encode(body), 200, found)

    async def fellows(self, customer_id: UUID) -> list[UUID]:
        """Return all who are one with this customer by merges: the customer alone, where there are none."""
        return [customer_id] if self.kit.service.merges is None else await fellows(self.kit.pool, customer_id)

    def must_see(self, customer_id: UUID) -> None:
        """Answer 404 where the token is another customer's."""
        self.caller.must_see(customer_id)


def _record(name: str, fingerprint: str, answer: Answer, expires_at: datetime) -> Once:
    stored = Stored(answer.status, msgspec.Raw(_encode(answer.body)), answer.headers)
    return Once(name, fingerprint, msgspec.json.encode(stored), expires_at)


def scope(name: str) -> Any:
    """Return the dependency of a route that asks for the scope `name`; every route has one."""

    async def call(request: Request) -> Call:
        kit = kit_of(request.app)
        caller = await kit.verifier.caller(request.headers.get("authorization"))
        if name not in caller.scopes:
            raise Forbidden(name)
        call = Call(request, kit, caller)
        if caller.customer is not None:
            call.caller = structs.replace(caller, fellows=tuple(await call.fellows(caller.customer)))
        return call

    call.scope = name  # type: ignore[attr-defined] # read by the documentation and by the test of the architecture
    return Depends(call)
