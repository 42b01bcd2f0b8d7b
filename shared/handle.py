"""One command on one stream: load, decide, append; with a cache of folded states that can't go wrong."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from msgspec import Struct

from shared.decided import appends_of
from shared.decider import Decider
from shared.errors import Conflict, Missing, Rejected
from shared.privacy.sealer import Sealer
from shared.snapshotting import EVERY, Snapshotting
from shared.store.contract import Context, EventStore, Moment, Once
from shared.store.snapshots import Snapshots

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")

ATTEMPTS = 8
"""How often a command is decided again when other writers keep winning, before the caller learns of it."""


class Loaded(Struct, Generic[S], frozen=True):
    """A stream's version and the state folded from it; version 0 when it doesn't exist.

    `subject` is whom its events are about, where whoever folded it has learned that.
    """

    version: int
    state: S
    subject: str = ""


class Outcome(Struct, Generic[E, S], frozen=True):
    """What a command did: its events, and the stream's version and state after them."""

    version: int
    state: S
    events: Sequence[E]


class Handler:
    """Loads and changes streams of one service.

    Folded states are kept (the `cached` least recently used ones give way). A
    cached state may be old; that costs a second try and nothing else, because
    the append names the version that it was decided on. With `snapshots`, the
    states of long streams whose decider names its `state` are stored as well,
    for whoever meets the stream with a cold cache.
    """

    def __init__(self, store: EventStore, *, cached: int = 20_000, snapshots: Snapshots | None = None) -> None:
        self.store = store
        self._cached = cached
        self._states: OrderedDict[str, Loaded[Any]] = OrderedDict()
        self._stored: dict[str, int] = {}
        self.snapshots = Snapshotting(snapshots) if snapshots else None

    async def load(self, decider: Decider[C, E, S], stream: str, *, subject: str = "") -> Loaded[S]:
        """Return the stream as it is now: the cached state and whatever came after it.

        Who knows whom the stream is about says so (`subject`): its state then serves batches, too.
        """
        known: Loaded[S] | None = self._states.get(stream)
        if known is None:
            found = await self._from_snapshot(decider, stream, subject)
            if found:
                return found
            known = Loaded(0, decider.initial)
        known = Loaded(known.version, known.state, known.subject or subject)
        version, news = await self.store.news(stream, after=known.version)
        return self._keep(decider, stream, _advance(decider, known, version, news)) if news else known

    async def _from_snapshot(self, decider: Decider[C, E, S], stream: str, subject: str) -> Loaded[S] | None:
        """Return the stream as it is now, folded on from a stored state; None where none stands in the stream."""
        stored = await self.snapshots.find(decider, stream) if self.snapshots and decider.state is not None else None
        if stored is None:
            return None
        known = Loaded(*stored, subject)
        # The event that the state was stored at is read again: a state of another history counts for nothing.
        version, found = await self.store.news(stream, after=known.version - 1)
        if not found:
            return None
        self._stored[stream] = known.version
        return self._keep(decider, stream, _advance(decider, known, version, found[1:]))

    async def load_at(self, decider: Decider[C, E, S], stream: str, at: Moment) -> Loaded[S]:
        """Return the fold of exactly the events that count at `at`; the version is that of the newest of them.

        Raises Missing when the stream exists, but nothing of it counts yet.
        """
        if not at.past:
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
        await sealer.fetch((command, loaded.state) if decider.opens else (command,), subject)
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
            version, before = loaded.version, loaded.state
            change = (decider, stream, version, events, before, after.state)
            appends = (
                appends_of(
                    *change, subject=subject, context=context, opened=lambda state: sealer.opened(state, subject)
                )
                if events
                else ()
            )
            await self.store.append(*appends, once=record)
            self._keep(decider, stream, Loaded(after.version, after.state, subject))
        return outcome

    def known(self, stream: str) -> Loaded[Any] | None:
        """Return what is kept of a stream, old or not; None where nothing is, or it isn't known whom it is about."""
        found = self._states.get(stream)
        return found if found is not None and found.subject else None

    def keep(self, decider: Decider[C, E, S], stream: str, loaded: Loaded[S]) -> None:
        """Keep a state that someone else has folded, unless a newer one is kept."""
        found = self._states.get(stream)
        if found is None or found.version <= loaded.version:
            self._keep(decider, stream, loaded)

    def _keep(self, decider: Decider[C, E, S], stream: str, loaded: Loaded[S]) -> Loaded[S]:
        self._states[stream] = loaded
        self._states.move_to_end(stream)
        if len(self._states) > self._cached:
            gone, _ = self._states.popitem(last=False)
            self._stored.pop(gone, None)
        self._store_if_long(decider, stream, loaded)
        return loaded

    def _store_if_long(self, decider: Decider[C, E, S], stream: str, loaded: Loaded[S]) -> None:
        if self.snapshots is None or decider.state is None or loaded.version - self._stored.get(stream, 0) <= EVERY:
            return
        if self.snapshots.note(decider, stream, loaded.version, loaded.state):
            self._stored[stream] = loaded.version


def _advance(decider: Decider[C, E, S], loaded: Loaded[S], version: int, events: Sequence[E]) -> Loaded[S]:
    return Loaded(version, decider.after(loaded.state, events), loaded.subject)
