"""The shape every aggregate has: decide, evolve, and where it starts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic, TypeVar

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Decider(Generic[C, E, S]):
    """Two pure functions and a starting state; `name` is the first word of its streams' names.

    `decide(command, state)` returns the events that obey the command, `()` when
    it is already so, or raises `Rejected`. `evolve(state, event)` is total.
    """

    name: str
    initial: S
    decide: Callable[[C, S], Sequence[E]]
    evolve: Callable[[S, E], S]

    def fold(self, events: Iterable[E]) -> S:
        """Rebuild the state from its history."""
        return reduce(self.evolve, events, self.initial)

    def stream(self, key: object) -> str:
        """Return the name of one stream: `<name>-<key>`."""
        return f"{self.name}-{key}"


AnyDecider = Decider[Any, Any, Any]
