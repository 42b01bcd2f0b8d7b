"""What is noted of the mutants, in mutmut's files: which there are, which tests reach each, and what became of it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

DOMAIN = "services.loyalty.domain"
KILLED, SURVIVED, NO_TEST, NOT_RUN = "killed", "survived", "no test", "not run"

NOTICED, NOT_NOTICED, UNREACHED, OUT_OF_TIME = 1, 0, 33, 36
"""What mutmut notes of a mutant that was run."""

_STATUS: Mapping[int | None, str] = {None: NOT_RUN, NOT_NOTICED: SURVIVED, UNREACHED: NO_TEST}
"""All else, a timeout too, is a mutant that the tests noticed."""


class Found:
    """The notes in a folder `mutants`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def rooms(self) -> list[str]:
        """Return the rooms of the domain."""
        return sorted(folder.name for folder in self._room("").iterdir() if folder.is_dir())

    def results(self, room: str) -> Iterator[tuple[str, str]]:
        """Yield each mutant of a room with what became of it."""
        for file in sorted(self._room(room).rglob("*.meta")):
            for name, code in json.loads(file.read_text())["exit_code_by_key"].items():
                yield name, _STATUS.get(code, KILLED)

    def tests(self) -> dict[str, dict[str, float]]:
        """Return by function the tests that reach it, each with the seconds that it takes."""
        noted = json.loads((self._folder / "mutmut-stats.json").read_text())
        seconds = noted["duration_by_test"]
        reaching = noted["tests_by_mangled_function_name"].items()
        return {function: {test: seconds.get(test, 0.0) for test in tests} for function, tests in reaching}

    def note(self, mutant: str, code: int) -> None:
        """Note what became of a mutant; whoever stops this halfway leaves the file as it was."""
        module = self._folder / mutant.rpartition(".")[0].replace(".", "/")
        file = module.with_name(f"{module.name}.py.meta")
        file = file if file.exists() else module / "__init__.py.meta"
        noted = json.loads(file.read_text())
        noted["exit_code_by_key"][mutant] = code
        written = file.with_suffix(".new")
        written.write_text(json.dumps(noted, indent=4))
        written.replace(file)

    def _room(self, name: str) -> Path:
        return self._folder / DOMAIN.replace(".", "/") / name


def function_of(mutant: str) -> str:
    """Return what mutmut calls the function that a mutant is made of."""
    return mutant.partition("__mutmut_")[0]
