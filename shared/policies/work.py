"""A batch's working set: streams loaded together, decided on in memory, appended together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec import structs

from shared.decider import AnyDecider, Decider
from shared.ids import new_id
from shared.store.contract import Append, Context, EventStore, Once, Recorded

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")
T = TypeVar("T")


class _Stream:
    """One stream of the batch: its history until a decider first folds it, then state and version."""

    __slots__ = ("loaded", "state", "subject", "version")

    def __init__(self, history: Sequence[Recorded]) -> None:
        self.loaded: Sequence[Recorded] | None = history
        self.version = len(history)
        self.subject = history[-1].subject if history else ""
        self.state: Any = None

    def fold(self, decider: AnyDecider) -> Any:
        if self.loaded is not None:
            self.state = decider.fold(item.event for item in self.loaded)
            self.loaded = None
        return self.state


class Needed(LookupError):
    """A decision looked at a stream that isn't loaded: load it, and decide again."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.stream = stream


class WorkingSet:
    """Implements `Work` over an event store; `commit` appends everything in one round trip."""

    def __init__(self, store: EventStore, now: datetime, *, new_id: Callable[[], UUID] = new_id) -> None:
        self.store = store
        self.now = now
        self.new_id = new_id
        self._streams: dict[str, _Stream] = {}
        self._appends: list[Append] = []
        self._undo: list[tuple[_Stream, int, Any]] = []

    async def load(self, streams: Iterable[str]) -> None:
        """Read the streams that are not here yet, in one round trip."""
        missing = list({stream: None for stream in streams if stream not in self._streams})
        histories = await self.store.read_many(missing) if missing else {}
        for stream in missing:
            self._streams[stream] = _Stream(histories.get(stream, ()))

    def begin(self, stream: str) -> None:
        """See `Work.begin`."""
        self._streams[stream] = _Stream(())

    def state(self, decider: Decider[Any, Any, S], stream: str) -> S:
        """See `Work.state`."""
        state: S = self._held(stream).fold(decider)
        return state

    def _held(self, stream: str) -> _Stream:
        try:
            return self._streams[stream]
        except KeyError:
            raise Needed(stream) from None

    async def decide(self, decide: Callable[..., T], *given: Any) -> T:
        """Return what `decide` does with `given`, which takes effect as a whole.

        A stream that it turns out to need is loaded, and all is decided again.
        """
        while True:
            try:
                with self.whole():
                    return decide(*given)
            except Needed as needed:
                await self.load([needed.stream])

    def version(self, stream: str) -> int:
        """See `Work.version`."""
        return self._held(stream).version

    def subject(self, stream: str) -> str:
        """Return the subject of the newest event that the stream was loaded with."""
        return self._held(stream).subject

    def handle(
        self,
        decider: Decider[C, E, S],
        stream: str,
        command: C,
        *,
        subject: str,
        context: Context,
        happened: Callable[[E], datetime] | None = None,
    ) -> Sequence[E]:
        """See `Work.handle`. With `happened`, each event has its own `occurred_at`."""
        held = self._held(stream)
        before = after = held.fold(decider)
        events = decider.decide(command, before)
        if events:
            self._undo.append((held, held.version, before))
            for event in events:
                after = decider.evolve(after, event)
            appends = _appends(Append(stream, held.version, subject, events, context), happened)
            self._appends += (*appends[:-1], structs.replace(appends[-1], wakes_at=decider.moved(before, after)))
            held.version += len(events)
            held.state = after
        return events

    @contextmanager
    def whole(self) -> Iterator[None]:
        """What is decided inside takes effect as a whole: an exception takes all of it back."""
        start, undone = len(self._appends), len(self._undo)
        try:
            yield
        except BaseException:
            while len(self._undo) > undone:
                stream, version, state = self._undo.pop()
                stream.version, stream.state = version, state
            del self._appends[start:]
            raise

    @property
    def appends(self) -> Sequence[Append]:
        """What is waiting to be appended, in the order of the decisions."""
        return self._appends

    async def commit(self, *, once: Once | None = None) -> None:
        """Append everything that was decided. Raises as `EventStore.append` does; then nothing was written."""
        if self._appends or once:
            await self.store.append(*self._appends, once=once)


def _appends(item: Append, happened: Callable[[Any], datetime] | None) -> list[Append]:
    """Return the append, or one for each event where each happened at a moment of its own."""
    if happened is None:
        return [item]
    return [
        Append(
            item.stream,
            item.expected + place,
            item.subject,
            [event],
            structs.replace(item.context, occurred_at=happened(event)),
        )
        for place, event in enumerate(item.events)
    ]
