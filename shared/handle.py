"""One command on one stream: load, decide, append; with a cache of folded states that can't go wrong."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from msgspec import Struct

from shared.decider import Decider
from shared.errors import Conflict, Missing, Rejected
from shared.privacy.sealer import Sealer
from shared.store.contract import Append, Context, EventStore, Moment, Once

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")

ATTEMPTS = 8
"""How often a command is decided again when other writers keep winning, before the caller learns of it."""


class Loaded(Struct, Generic[S], frozen=True):
    """A stream's version and the state folded from it; version 0 when it doesn't exist."""

    version: int
    state: S


class Outcome(Struct, Generic[E, S], frozen=True):
    """What a command did: its events, and the stream's version and state after them."""

    version: int
    state: S
    events: Sequence[E]


class Handler:
    """Loads and changes streams of one service.

    Folded states are kept (the `cached` least recently used ones give way). A
    cached state may be old; that costs a second try and nothing else, because
    the append names the version that it was decided on.
    """

    def __init__(self, store: EventStore, *, cached: int = 20_000) -> None:
        self.store = store
        self._cached = cached
        self._states: OrderedDict[str, Loaded[Any]] = OrderedDict()

    async def load(self, decider: Decider[C, E, S], stream: str) -> Loaded[S]:
        """Return the stream as it is now: the cached state and whatever came after it."""
        known: Loaded[S] = self._states.get(stream) or Loaded(0, decider.initial)
        news = await self.store.read(stream, after=known.version)
        if not news:
            return known
        return self._keep(stream, _advance(decider, known, news[-1].version, [item.event for item in news]))

    async def load_at(self, decider: Decider[C, E, S], stream: str, at: Moment) -> Loaded[S]:
        """Return the fold of exactly the events that count at `at`; the version is that of the newest of them.

        Raises Missing when the stream exists, but nothing of it counts yet.
        """
        if at.as_of is None and at.known_at is None:
            return await self.load(decider, stream)
        events = await self.store.read(stream, at=at)
        if not events and await self.store.read(stream, up_to=1):
            raise Missing("unknown-then", "Nothing of it had happened, or was known, at the time that you ask about.")
        state = decider.fold(item.event for item in events)
        return Loaded(events[-1].version if events else 0, state)

    async def handle(
        self,
        decider: Decider[C, E, S],
        stream: str,
        command: C,
        *,
        subject: str,
        context: Context,
        expected: int | None = None,
        fresh: bool = False,
        once: Callable[[Outcome[E, S]], Once | None] | None = None,
    ) -> Outcome[E, S]:
        """Decide `command` on the newest state and append what it decides.

        With `expected`, the stream must be at that version. `fresh` says that
        the stream most likely doesn't exist yet, which saves reading it first.
        `once` makes the idempotency record to be stored with the events; it is
        stored also when the command decides nothing.

        Raises:
            Conflict: the stream is not at `expected`, or other writers won
                every one of the attempts.
            Rejected: a rule said no.
            KeyUsed: another request stored the idempotency key first.
        """
        assumed = Loaded(0, decider.initial) if fresh else self._states.get(stream)
        if assumed is not None and expected in (None, assumed.version):
            # Only an append proves that an assumed state is the present one: a "no" or an "already so" doesn't.
            with suppress(Conflict, Rejected):
                outcome = await self._attempt(decider, stream, command, assumed, subject, context, once, prove=True)
                if outcome:
                    return outcome
        for _ in range(ATTEMPTS):
            loaded = await self.load(decider, stream)
            if expected not in (None, loaded.version):
                break
            with suppress(Conflict):
                outcome = await self._attempt(decider, stream, command, loaded, subject, context, once)
                if outcome:
                    return outcome
        raise Conflict([stream])

    async def _attempt(
        self,
        decider: Decider[C, E, S],
        stream: str,
        command: C,
        loaded: Loaded[S],
        subject: str,
        context: Context,
        once: Callable[[Outcome[E, S]], Once | None] | None,
        *,
        prove: bool = False,
    ) -> Outcome[E, S] | None:
        sealer = Sealer(self.store.vault)
        await sealer.fetch((command,), subject)
        decided = decider.decide(sealer.marked(command, subject), loaded.state)
        if prove and not decided:
            return None
        await sealer.fetch(decided, subject)
        events = sealer.sealed(decided, stream, loaded.version, subject)
        after = _advance(decider, loaded, loaded.version + len(events), events)
        outcome = Outcome(after.version, after.state, events)
        record = once(outcome) if once else None
        if events or record:
            await sealer.keep((subject,))
            wakes_at = decider.moved(loaded.state, after.state)
            appends = [Append(stream, loaded.version, subject, events, context, wakes_at)] if events else []
            await self.store.append(*appends, once=record)
            self._keep(stream, after)
        return outcome

    def _keep(self, stream: str, loaded: Loaded[S]) -> Loaded[S]:
        self._states[stream] = loaded
        self._states.move_to_end(stream)
        if len(self._states) > self._cached:
            self._states.popitem(last=False)
        return loaded


def _advance(decider: Decider[C, E, S], loaded: Loaded[S], version: int, events: Sequence[E]) -> Loaded[S]:
    state = loaded.state
    for event in events:
        state = decider.evolve(state, event)
    return Loaded(version, state)
