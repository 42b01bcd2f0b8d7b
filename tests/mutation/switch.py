"""Puts a mutant in the place of its function, by exchanging the code of the function itself.

So whoever imported the function has the mutant now, and all others are as quick as ever: mutmut's own wrappers ask at
each call of each function which mutant is meant.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, TypeVar, cast

import pytest
from mutmut.mutation import trampoline

F = TypeVar("F", bound=Callable[..., Any])

Mutants = Mapping[str, Callable[..., Any]]
"""The mutants of one function by name, as mutmut writes them into the module."""

Pair = tuple[FunctionType, FunctionType]
"""A function and a mutant of it."""

_functions: defaultdict[str, list[tuple[FunctionType, Mutants]]] = defaultdict(list)
"""The functions that have mutants, by module."""


def keep_functions() -> None:
    """Let the mutated modules that are imported from now on keep their functions without mutmut's wrappers."""
    pytest.MonkeyPatch().setattr(trampoline, "wrap_in_trampoline", _kept)


def _kept(mutants: Mutants, **_: bool) -> Callable[[F], F]:
    def note(function: F) -> F:
        if isinstance(function, FunctionType):
            _functions[function.__module__].append((function, mutants))
        return function

    return note


def pair_of(mutant: str) -> Pair:
    """Return a function and its mutant, by the mutant's name. Raises LookupError where no module has it."""
    module, _, name = mutant.rpartition(".")
    for function, mutants in _functions[module]:
        if name in mutants:
            return function, cast("FunctionType", getattr(mutants[name], "__func__", mutants[name]))
    raise LookupError(f"no module that the tests import has the mutant {mutant}")


def exchange(function: FunctionType, mutant: FunctionType) -> None:
    """Let the function do what its mutant does, for good."""
    function.__code__ = mutant.__code__
    function.__defaults__ = mutant.__defaults__
    function.__kwdefaults__ = mutant.__kwdefaults__
