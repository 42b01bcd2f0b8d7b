"""A batch's working set: streams loaded together, decided on in memory, appended together."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

from shared.decided import appends_of
from shared.decider import AnyDecider, Decider
from shared.handle import Loaded
from shared.ids import new_id
from shared.privacy.sealer import KeyNeeded, Sealer
from shared.store.contract import Append, Context, EventStore, Once, Recorded

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")
T = TypeVar("T")


class States(Protocol):
    """Folded states that outlive a batch, such as a process keeps: what is known of a stream needn't be read again."""

    def known(self, stream: str) -> Loaded[Any] | None:
        """Return what is kept of a stream, old or not."""
        ...

    def keep(self, decider: AnyDecider, stream: str, loaded: Loaded[Any]) -> None:
        """Keep a state that was read or appended."""
        ...


class Kept(Struct, frozen=True):
    """A state that outlives its batch, and when the last event that is folded into it was recorded."""

    loaded: Loaded[Any]
    recorded_at: datetime


class _Stream:
    """One stream of the batch: what was known and its history since, until a decider first folds it; then its state."""

    __slots__ = ("decider", "known", "loaded", "recorded_at", "state", "subject", "version")

    def __init__(
        self, history: Sequence[Recorded], known: Loaded[Any] | None = None, recorded_at: datetime | None = None
    ) -> None:
        self.known = known
        self.loaded: Sequence[Recorded] | None = history
        self.version = len(history) + (known.version if known else 0)
        self.subject = history[-1].subject if history else known.subject if known else ""
        self.recorded_at = history[-1].recorded_at if history else recorded_at
        self.state: Any = None
        self.decider: AnyDecider | None = None

    def fold(self, decider: AnyDecider) -> Any:
        if self.loaded is not None:
            state = self.known.state if self.known else decider.initial
            self.state = decider.after(state, (item.event for item in self.loaded))
            self.loaded, self.decider = None, decider
        return self.state


class Needed(LookupError):
    """A decision looked at a stream that isn't loaded: load it, and decide again."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.stream = stream


class GroupNeeded(LookupError):
    """A decision asked who is one with a subject: look it up, and decide again."""

    def __init__(self, subject: str) -> None:
        super().__init__("the group of a subject isn't at hand")
        self.subject = subject


class WorkingSet:
    """Implements `Work` over an event store; `commit` appends everything in one round trip.

    With `states`, only what came after a kept state is read, and what is folded here is kept once it is appended.
    """

    def __init__(
        self,
        store: EventStore,
        now: datetime,
        *,
        new_id: Callable[[], UUID] = new_id,
        states: States | None = None,
        merged: Callable[[str], Awaitable[Mapping[str, tuple[str, ...]]]] | None = None,
    ) -> None:
        self.store = store
        self._states = states
        self._merged = merged
        self._groups: dict[str, tuple[str, ...]] = {}
        self.now = now
        self.new_id = new_id
        self._streams: dict[str, _Stream] = {}
        self._read: dict[str, int] = {}
        self._reads = 0
        self._appends: list[Append] = []
        self._undo: list[tuple[_Stream, int, Any, datetime | None]] = []
        self._sealer = Sealer(store.vault)

    async def load(self, streams: Iterable[str]) -> None:
        """Read the streams that are not here yet, in one round trip."""
        missing = list({stream: None for stream in streams if stream not in self._streams})
        known = {stream: self._states.known(stream) for stream in missing} if self._states else {}
        after = {stream: found.version for stream, found in known.items() if found}
        histories = await self.store.read_many(missing, after=after) if missing else {}
        self._reads += bool(missing)
        for stream in missing:
            held = self._streams[stream] = _Stream(histories.get(stream, ()), known.get(stream))
            self._read[stream] = held.version

    def take(self, stream: str, kept: Kept, news: Sequence[Recorded]) -> None:
        """Have a stream from a state that someone kept, and what was read behind it."""
        held = self._streams[stream] = _Stream(news, kept.loaded, kept.recorded_at)
        self._read[stream] = held.version

    def folded(self) -> Iterator[tuple[str, Kept]]:
        """Yield the streams that exist and were folded, as they are after this batch."""
        for stream, held in self._streams.items():
            if held.decider is not None and held.recorded_at is not None:
                yield stream, Kept(Loaded(held.version, held.state, held.subject), held.recorded_at)

    async def fetch_keys(self, streams: Iterable[str], subjects: Iterable[str] = ()) -> None:
        """Bring the keys of these subjects and of those whom the streams, already loaded, are about, in one round trip.

        A key that isn't brought costs a second try of the whole, nothing else.
        """
        if self.store.vault is not None:
            found = (self._streams[stream].subject for stream in streams if stream in self._streams)
            await self.store.vault.fetch([*subjects, *filter(None, found)])

    def begin(self, stream: str) -> None:
        """See `Work.begin`."""
        self._streams[stream] = _Stream(())

    def state(self, decider: Decider[Any, Any, S], stream: str) -> S:
        """See `Work.state`."""
        state: S = self._held(stream).fold(decider)
        return state

    def opened(self, decider: Decider[Any, Any, S], stream: str) -> S:
        """See `Work.opened`."""
        return self._sealer.opened(self.state(decider, stream), self._held(stream).subject)

    def _held(self, stream: str) -> _Stream:
        try:
            return self._streams[stream]
        except KeyError:
            raise Needed(stream) from None

    async def mixed(self) -> bool:
        """Tell whether the streams were read at different moments, between which one of them has changed.

        An append would fail then; but what was refused was perhaps refused on what never was so: decide it anew.
        """
        return self._reads > 1 and bool(await self.store.read_many(list(self._read), after=self._read))

    async def decide(self, decide: Callable[..., T], *given: Any) -> T:
        """Return what `decide` does with `given`, which takes effect as a whole.

        A stream or a key that it turns out to need is loaded, and all is decided again.
        """
        start, undone = len(self._appends), len(self._undo)
        while True:
            try:
                return decide(*given)
            except Needed as needed:
                self._take_back(start, undone)
                await self.load([needed.stream])
            except KeyNeeded as needed:
                self._take_back(start, undone)
                await self.fetch_keys((), [needed.subject])
            except GroupNeeded as needed:
                self._take_back(start, undone)
                assert self._merged is not None, "only then it is asked for"  # noqa: S101 - for the type checker
                self._groups.update(await self._merged(needed.subject))
            except BaseException:
                self._take_back(start, undone)
                raise

    def version(self, stream: str) -> int:
        """See `Work.version`."""
        return self._held(stream).version

    def members(self, subject: str) -> tuple[str, ...]:
        """See `Work.members`."""
        if self._merged is None:
            return (subject,)
        if subject not in self._groups:
            raise GroupNeeded(subject)
        return self._groups[subject]

    def subject(self, stream: str) -> str:
        """Return the subject of the newest event that the stream was loaded with."""
        return self._held(stream).subject

    def handle(
        self, decider: Decider[C, E, S], stream: str, command: C, *, subject: str, context: Context
    ) -> Sequence[E]:
        """See `Work.handle`."""
        held = self._held(stream)
        before = state = held.fold(decider)
        decided = decider.decide(self._sealer.marked(command, subject), before)
        events = self._sealer.sealed(decided, stream, held.version, subject)
        if events:
            self._undo.append((held, held.version, before, held.recorded_at))
            state = decider.after(state, events)
            change = (decider, stream, held.version, events, before, state)
            self._appends += appends_of(
                *change, subject=subject, context=context, opened=lambda state: self._sealer.opened(state, subject)
            )
            held.version += len(events)
            held.state, held.subject, held.recorded_at = state, held.subject or subject, context.recorded_at
        return events

    def guard(self, stream: str, context: Context) -> None:
        """Let the append fail unless `stream` is then still as it is here, though nothing is written to it.

        For what was decided on several streams and changes only some. One that doesn't exist must not exist then.
        """
        held = self._streams[stream]
        self._appends.append(Append(stream, held.version, held.subject or stream, (), context))

    @contextmanager
    def whole(self) -> Iterator[None]:
        """What is decided inside takes effect as a whole: an exception takes all of it back."""
        start, undone = len(self._appends), len(self._undo)
        try:
            yield
        except BaseException:
            self._take_back(start, undone)
            raise

    def _take_back(self, start: int, undone: int) -> None:
        while len(self._undo) > undone:
            stream, version, state, recorded_at = self._undo.pop()
            stream.version, stream.state, stream.recorded_at = version, state, recorded_at
        del self._appends[start:]

    @property
    def appends(self) -> Sequence[Append]:
        """What is waiting to be appended, in the order of the decisions."""
        return self._appends

    async def commit(self, *, once: Once | Sequence[Once] | None = None) -> None:
        """Append everything that was decided. Raises as `EventStore.append` does; then nothing was written."""
        await self._sealer.keep({item.subject for item in self._appends})
        # Where nothing is written, nothing hangs on what was only looked at.
        appends = self._appends if any(item.events for item in self._appends) else ()
        if appends or once:
            await self.store.append(*appends, once=once)
        if self._states is not None:
            for stream, held in self._streams.items():
                if held.decider is not None and held.version:
                    self._states.keep(held.decider, stream, Loaded(held.version, held.state, held.subject))
