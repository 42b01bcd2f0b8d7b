"""The statements that are known, by their text."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tests.simulation.database import Transaction

Rows = Sequence[Any]
Work = Callable[..., Rows]


class Statement(NamedTuple):
    """What a statement does, given a transaction and its parameters, and the tag of its status."""

    work: Work
    tag: str = "SELECT"


KNOWN: dict[str, Statement] = {}


def means(query: str, tag: str = "SELECT") -> Callable[[Work], Work]:
    """Say that the decorated function does what `query` does. It returns the rows, or one for each that it wrote."""

    def taught(work: Work) -> Work:
        KNOWN[query] = Statement(work, tag)
        return work

    return taught


def nothing(_: Transaction, *__: Any) -> Rows:
    """Do nothing, as settings of a session do here."""
    return []
