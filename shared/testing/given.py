"""Given, when, then: a decider's rules as sentences."""

from typing import Any, Generic, TypeVar

import pytest

from shared.decider import Decider
from shared.errors import Rejected

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")


class Decided(Generic[E]):
    """What a command led to: events, or a rejection."""

    def __init__(self, events: tuple[E, ...], rejection: Rejected | None) -> None:
        self.events = events
        self.rejection = rejection

    def then(self, *expected: E) -> None:
        """Assert that exactly these events were decided, in this order."""
        assert self.rejection is None, f"rejected: {self.rejection}"  # noqa: S101 - a test's assertion
        assert self.events == expected  # noqa: S101 - as above

    def then_nothing(self) -> None:
        """Assert that it was already so."""
        self.then()

    def then_rejected(self, code: str) -> None:
        """Assert that a rule said no, by the code of the rule."""
        if self.rejection is None:
            pytest.fail(f"not rejected: {self.events}")
        assert self.rejection.code == code  # noqa: S101 - as above


class Given(Generic[C, E, S]):
    """A decider with a history."""

    def __init__(self, decider: Decider[C, E, S], history: tuple[E, ...]) -> None:
        self._decider = decider
        self._history = history

    def when(self, command: Any) -> Decided[E]:
        """Decide the command on the state that the history leads to."""
        try:
            return Decided(tuple(self._decider.decide(command, self._decider.fold(self._history))), None)
        except Rejected as rejection:
            return Decided((), rejection)


def given(decider: Decider[C, E, S], *history: Any) -> Given[C, E, S]:
    """Begin a sentence: given these events."""
    return Given(decider, history)
