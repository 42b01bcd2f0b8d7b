"""A planted fault of a protocol: patches, and the promises that must be seen broken."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from tests.simulation.statements import KNOWN, Statement

Patch = Any


class Mutation(NamedTuple):
    """A protocol that is wrong in one way, and the promises of which one must be seen broken."""

    name: str
    broken: tuple[str, ...]
    patches: Sequence[Patch]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Have it in place inside."""
        with ExitStack() as stack:
            for each in self.patches:
                stack.enter_context(each)
            yield


def statement(query: str, work: Callable[..., Any], tag: str = "SELECT") -> Patch:
    return patch.dict(KNOWN, {query: Statement(work, tag)})
