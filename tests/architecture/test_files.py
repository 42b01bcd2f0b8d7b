"""Every file is one idea, short, said in its first sentence, and carries no silent excuse."""

import ast
import re

import pytest

from tests.architecture.project import CODE, nodes, sources, trees

LONGEST_FILE = 300
LONGEST_FUNCTION = 45
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
SKIPPED = re.compile(r"pytest\.mark\.(skip|xfail)|pytest\.(skip|xfail)\(")
CANNOT_BE_EVERYWHERE = {"tests/kit/test_small_disk.py"}
"""Tests of what not every machine allows (mounting a file system): they say so where they can't run."""
EXCUSE = re.compile(r"#\s*(type: ignore|noqa|pyright: ignore)(?P<codes>\[[\w, -]+\]|: ?[A-Z0-9, ]+)?(?P<rest>.*)")


@pytest.mark.parametrize("folder", [*CODE, "tests"])
def test_no_file_is_longer_than_300_lines(folder: str) -> None:
    lengths = {path: text.count("\n") for path, text in sources(folder).items()}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_outgrows_one_screen() -> None:
    functions = [
        (f"{path}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for path, node in nodes(*CODE)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "/migrations/" not in path
    ]
    assert [found for found in functions if found[1] > LONGEST_FUNCTION] == []
    lengths = sorted(lines for _, lines in functions)
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[len(lengths) * 9 // 10] <= 30


def test_every_file_opens_with_a_sentence_that_says_its_idea() -> None:
    opening = {path: (ast.get_docstring(tree) or "").partition("\n")[0] for path, tree in trees(*CODE, "tests").items()}
    assert [path for path, line in opening.items() if not line.endswith((".", ":"))] == []


def test_no_file_is_named_after_nothing() -> None:
    assert [path for path in sources(*CODE, "tests") if NAMELESS & set(path.removesuffix(".py").split("/"))] == []


def test_nothing_is_left_for_later_or_skipped() -> None:
    found = [path for path, text in sources(*CODE, "tests").items() if UNFINISHED.search(text) or SKIPPED.search(text)]
    assert [
        path for path in found if not path.startswith("tests/architecture/") and path not in CANNOT_BE_EVERYWHERE
    ] == []


def test_every_excuse_has_a_reason_beside_it() -> None:
    """An excuse that comes again in the same file needn't repeat its reason."""
    bare = []
    for path, text in sources(*CODE, "tests").items():
        reasoned: set[str] = set()
        lines = text.splitlines()
        for number, line in enumerate(lines, start=1):
            for excuse in EXCUSE.finditer(line) if '"' not in line.partition("#")[2] else ():
                codes = (excuse["codes"] or "all of them").strip()
                above = lines[number - 2].strip().startswith("#") if number > 1 else False
                if excuse["rest"].strip(" #-") or above:
                    reasoned.add(codes)
                elif codes not in reasoned:
                    bare.append(f"{path}:{number}")
    assert bare == []
