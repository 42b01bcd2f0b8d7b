"""Several streams on which something is decided together, so that all of it counts or nothing."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from shared.decider import Decider

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")


class Streams(Protocol):
    """The streams as they are at the moment of the decision, and after what was decided before in it."""

    def state(self, decider: Decider[C, E, S], key: object) -> S:
        """Return the state of the stream `<decider>-<key>`."""
        ...

    def ask(self, decider: Decider[C, E, S], key: object, command: C, subject: object) -> Sequence[E]:
        """Let the stream obey the command, and return its events. What it refuses is refused as a whole."""
        ...

    def guard(self, decider: Decider[Any, Any, Any], key: object) -> None:
        """Let the whole fail unless the stream, which was only read, is still as it was."""
        ...
