"""The shape every aggregate has: decide, evolve, and where it starts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, Generic, Protocol, TypeVar

from msgspec import UNSET, UnsetType

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")
T = TypeVar("T")


class Look(Protocol):
    """How a decision that was woken sees another stream."""

    def __call__(self, decider: "Decider[Any, Any, T]", stream: str, /) -> T:
        """Return the state of the stream as it is now; the starting state where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Decider(Generic[C, E, S]):
    """Two pure functions and a starting state; `name` is the first word of its streams' names.

    `decide(command, state)` returns the events that obey the command, `()` when
    it is already so, or raises `Rejected`. `evolve(state, event)` is total.

    A decider whose states have deadlines says so: `wakes(state)` is the next
    moment at which time alone may change something (None: never), and
    `wake(now)` the command that is then given. The kernel keeps one timer a
    stream in step with `wakes`, in the transaction of each append; what a late
    or repeated timer may do is decided again, on the state as it is then, until
    `wakes` lies in the future. Raise `wakes_version` whenever `wakes` means
    something else: the timers are then derived anew.

    Where that command needs what another stream says, `wake_looking(state, now,
    look)` makes it in place of `wake`. What was looked at isn't held: it may have
    changed by the time of the append.

    Where `wakes` follows from a personal text, `opens` lets the kernel open those of
    the state for it, and for `wake_looking`, for that moment alone; whose key is gone
    reads as erased. So a date that is someone's can set a timer and stand nowhere in clear.

    `happened(event)` is when an event came about in the world, where the event
    itself says so; None: when the command did, and for a timer's when it was due.

    `state` is the type of the states (for msgspec) where long streams keep
    snapshots; raise `fold_version` whenever `evolve` or the state means something else.

    `evolve_all(state, events)` is what `evolve` of one event after the other comes to,
    for states that are dear to copy for each.
    """

    name: str
    initial: S
    decide: Callable[[C, S], Sequence[E]]
    evolve: Callable[[S, E], S]
    wakes: Callable[[S], datetime | None] | None = None
    wake: Callable[[datetime], C] | None = None
    wake_looking: Callable[[S, datetime, Look], C] | None = None
    happened: Callable[[E], datetime | None] | None = None
    wakes_version: int = 1
    opens: bool = False
    state: Any = None
    fold_version: int = 1
    evolve_all: Callable[[S, Iterable[E]], S] | None = None

    def fold(self, events: Iterable[E]) -> S:
        """Rebuild the state from its history."""
        return self.after(self.initial, events)

    def after(self, state: S, events: Iterable[E]) -> S:
        """Return the state after more events."""
        return reduce(self.evolve, events, state) if self.evolve_all is None else self.evolve_all(state, events)

    def moved(self, before: S, after: S, opened: Callable[[S], S] | None = None) -> UnsetType | datetime | None:
        """Return when a stream in the state `after` wakes next (None: never); UNSET where that is as `before`.

        `opened` opens the personal texts of a state, where the decider wants that.
        """
        if self.wakes is None:
            return UNSET
        if self.opens and opened is not None:
            before, after = opened(before), opened(after)
        wakes_at = self.wakes(after)
        return UNSET if wakes_at == self.wakes(before) else wakes_at

    def woken(self, state: S, now: datetime, look: Look) -> C | None:
        """Return the command of a stream whose time has come; None where the decider has none for it."""
        if self.wake_looking is not None:
            return self.wake_looking(state, now, look)
        return self.wake(now) if self.wake else None

    def stream(self, key: object) -> str:
        """Return the name of one stream: `<name>-<key>`."""
        return f"{self.name}-{key}"


AnyDecider = Decider[Any, Any, Any]
