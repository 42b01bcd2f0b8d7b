"""A plugin for pytest: it collects the tests once, and runs those that reach a mutant in a fork of its own for each.

So a mutant costs no start, no import and no collection. Tests come in the order in which they promise to notice it:
those that noticed another mutant of its function first, then the quicker ones.
"""

import gc
import json
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest
from rich.console import Console

from tests.mutation.found import NOT_NOTICED, NOTICED, OUT_OF_TIME, UNREACHED, Found, function_of
from tests.mutation.switch import Pair, exchange, keep_functions, pair_of

SECONDS, TIMES = 5.0, 20
"""How long a test may compute with a mutant: so many seconds, and so many times what it takes without."""

MEMORY = 4 * 2**30
"""Bytes that a fork may address: a mutant may fill a list for ever."""

_FAILED = 1

keep_functions()  # this plugin is imported before anything of the domain


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the mutants be named."""
    parser.addoption("--mutants", type=Path, help="a file with the names of the mutants, as JSON")
    parser.addoption("--beside", action="store_true", help="run the tests beside those that reach a mutant, too")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run the mutants instead of the tests, and note what became of each."""
    names = json.loads(session.config.getoption("--mutants").read_text())
    found = Found(session.config.rootpath)
    running, counted, console = _Running(session, found), Counter[int](), Console(stderr=True)
    gc.collect()
    gc.freeze()  # so that the forks share what was collected
    running.must_be_clean(names)
    began = time.monotonic()
    for number, name in enumerate(names, start=1):
        code = running.run(name)
        found.note(name, code)
        counted[code] += 1
        if code in {NOT_NOTICED, UNREACHED}:
            console.print(f"{'survived' if code == NOT_NOTICED else 'no test'}: {name}", highlight=False)
        if not number % 50 or number == len(names):
            minutes = (time.monotonic() - began) / 60
            console.print(f"{number} of {len(names)} in {minutes:.1f} min: {counted[NOT_NOTICED]} survived")
    return True


class _Running:
    """Runs one mutant after the other."""

    def __init__(self, session: pytest.Session, found: Found) -> None:
        self._session = session
        self._items = {item.nodeid: item for item in session.items}
        self._beside = session.config.getoption("--beside")
        self._tests = found.tests()
        self._seconds = {test: seconds for tests in self._tests.values() for test, seconds in tests.items()}
        self._noticed: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def run(self, mutant: str) -> int:
        """Return what became of a mutant, in mutmut's numbers."""
        tests = self._tests.get(function_of(mutant), {})
        noticed = self._noticed[function_of(mutant)]
        order = sorted(self._items.keys() & tests.keys(), key=lambda test: (-noticed[test], tests[test], test))
        if not order:
            return UNREACHED
        if self._beside:
            order += self._others_beside(order)
        status, last = self._fork(order, pair_of(mutant))
        if status:
            noticed[last] += 1
        return _code(status)

    def _others_beside(self, tests: Sequence[str]) -> list[str]:
        """Return the other tests of their files: they may use what was worked out, and kept, before they began."""
        files = {test.partition("::")[0] for test in tests}
        return sorted(test for test in self._items.keys() - set(tests) if test.partition("::")[0] in files)

    def must_be_clean(self, mutants: Sequence[str]) -> None:
        """Raise where a test that reaches one of the mutants fails without any: it would notice each of them."""
        functions = {function_of(mutant) for mutant in mutants}
        tests = {test for function in functions for test in self._tests.get(function, {})}
        status, last = self._fork(sorted(self._items.keys() & tests), None)
        if status:
            pytest.exit(f"fails without a mutant: {last}", returncode=1)

    def _fork(self, tests: Sequence[str], pair: Pair | None) -> tuple[int, str]:
        """Return how a fork that runs the tests ended, and with which of them."""
        limits = [SECONDS + TIMES * self._seconds.get(test, 1.0) for test in tests]
        read, write = os.pipe()
        pid = os.fork()
        if not pid:
            self._be(pair, [self._items[test] for test in tests], limits, write)
        os.close(write)
        _, status = os.waitpid(pid, 0)
        begun = os.read(read, 2**16)
        os.close(read)
        return status, tests[len(begun) - 1]

    def _be(self, pair: Pair | None, items: Sequence[pytest.Item], limits: Sequence[float], told: int) -> NoReturn:
        """Be the fork: run the tests with the mutant until one fails, tell of each that it begins, and end."""
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.dup2(nothing, sys.stderr.fileno())
        try:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            if pair is not None:
                exchange(*pair)
            for item, after, seconds in zip(items, [*items[1:], None], limits, strict=True):
                os.write(told, b".")
                signal.setitimer(signal.ITIMER_PROF, seconds)  # without a handler its signal ends the process
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                if self._session.testsfailed:
                    os._exit(_FAILED)
            os._exit(0)
        finally:
            os._exit(_FAILED)


def _code(status: int) -> int:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF:
        return OUT_OF_TIME
    return NOTICED if status else NOT_NOTICED
