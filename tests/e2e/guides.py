"""Guides as programs: their labelled examples run in the order in which they stand, and answers are what is shown."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.architecture.project import ROOT

MARK = "\x1e"
ANY = "…"
"""In a text that is shown: whatever stands there."""


class Example(NamedTuple):
    """A fenced block: its language, its text, and the line on which its fence stands."""

    language: str
    text: str
    line: int


def examples(guide: str) -> list[Example]:
    """Return the blocks of a guide that name their language; others are only to be read."""
    return [example for example in _blocks((ROOT / guide).read_text().splitlines()) if example.language]


def _blocks(lines: Sequence[str]) -> Iterator[Example]:
    begun: int | None = None
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if begun is None:
            begun = number
        else:
            yield Example(lines[begun][3:].strip(), "\n".join(lines[begun + 1 : number]), begun + 1)
            begun = None
    assert begun is None, f"line {begun}: a block that doesn't end"


def write_files(found: Sequence[Example], folder: Path) -> None:
    """Write what is shown as a file; its first line names it."""
    for example in found:
        if example.language == "yaml":
            name = example.text.partition("\n")[0].removeprefix("# ")
            (folder / name).write_text(example.text + "\n")


def as_script(found: Sequence[Example], language: str, mark: str = "") -> str:
    """Return all blocks of a language as one program, in which each line stands where it stands in the guide."""
    lines: list[str] = []
    for example in found:
        if example.language == language:
            lines += [""] * (example.line - 1 - len(lines))
            lines += [mark.format(example.line), *example.text.splitlines()]
    return "\n".join(lines) + "\n"


def run_shell(found: Sequence[Example], folder: Path, environment: Mapping[str, str]) -> dict[int, list[Any]]:
    """Run the guide's commands; return the JSON that each block printed, by the line of its fence."""
    script = folder / "guide.sh"
    script.write_text(as_script(found, "sh", f"printf '{MARK}%s\\n' {{}}"))
    done = _run(["bash", "-euo", "pipefail", str(script)], folder, environment)
    return {int(block.partition("\n")[0]): [*_answers(block)] for block in done.split(MARK)[1:]}


def run_python(found: Sequence[Example], folder: Path, environment: Mapping[str, str]) -> None:
    """Run the guide's Python; it fails as a program does."""
    script = folder / "guide.py"
    script.write_text(as_script(found, "python"))
    _run([sys.executable, "-W", "error", str(script)], folder, environment)


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    given = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **environment}
    done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{done.stderr[-2000:]}\n{done.stdout[-2000:]}"
    return done.stdout


def _answers(block: str) -> Iterator[Any]:
    for line in block.splitlines():
        if line.startswith(("{", "[")):
            yield json.loads(line)


def faults(found: Sequence[Example], answers: Mapping[int, Sequence[Any]]) -> list[str]:
    """Return what isn't as the guide shows it, and every problem that it doesn't show."""
    said = []
    for example, after in zip(found, [*found[1:], Example("", "", 0)], strict=True):
        shown = json.loads(after.text) if after.language == "json" else None
        got = answers.get(example.line, ())
        if shown is not None and example.language == "sh":
            said += [f"line {after.line}: {fault}" for fault in differences(shown, got[-1] if got else None)]
            got = got[:-1]
        said += [f"line {example.line}: {item}" for item in got if str(item.get("type", "")).startswith("/problems/")]
    return said


def differences(shown: Any, got: Any, at: str = "") -> Iterator[str]:
    """Yield where an answer isn't what is shown of it. It may hold more; of a list the first items are shown."""
    if isinstance(shown, dict) and isinstance(got, dict):
        for name, value in shown.items():
            if name in got:
                yield from differences(value, got[name], f"{at}/{name}")
            else:
                yield f"{at}/{name} isn't there: {sorted(got)}"
    elif isinstance(shown, list) and isinstance(got, list):
        if len(got) < len(shown) or (got and not shown):
            yield f"{at} has {len(got)} items"
        for number, (value, item) in enumerate(zip(shown, got, strict=False)):
            yield from differences(value, item, f"{at}/{number}")
    elif shown != got and not (shown == ANY and isinstance(got, str)):
        yield f"{at} is {got!r}, not {shown!r}"
