"""The streams of one decision, as the kernel loads them together and appends them together."""

from collections.abc import Sequence
from typing import Any, TypeVar

from shared.decider import Decider
from shared.policies.policy import Work
from shared.store.contract import Context

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")


class Deciding:
    """Implements the domain's `Streams`: all that is asked happens at once, in the same surroundings."""

    def __init__(self, work: Work, context: Context) -> None:
        self._work = work
        self._context = context

    def state(self, decider: Decider[C, E, S], key: object) -> S:
        """See `Streams.state`."""
        return self._work.state(decider, decider.stream(key))

    def ask(self, decider: Decider[C, E, S], key: object, command: C, subject: object) -> Sequence[E]:
        """See `Streams.ask`."""
        stream = decider.stream(key)
        return self._work.handle(decider, stream, command, subject=str(subject), context=self._context)

    def guard(self, decider: Decider[Any, Any, Any], key: object) -> None:
        """See `Streams.guard`."""
        self._work.guard(decider.stream(key), self._context)
