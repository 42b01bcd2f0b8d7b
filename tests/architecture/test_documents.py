"""What a document names is there: every path, every name in a file, and every page that it links to."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, sources, trees

FOLDERS = ("bench", "deploy", "docs", "rapport", "services", "shared", "tests")
TOLD_ONCE = ("CHANGELOG.md", "docs/adr/")
"""What tells of a time keeps the names of its time."""

CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(rf"^(?P<path>(?:{'|'.join(FOLDERS)})/[\w./-]*|[A-Z]+\.md|Makefile)(?::(?P<name>\w+))?$")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
FENCED = re.compile(r"^```.*?^```", re.M | re.S)


def documents() -> list[str]:
    pages = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")]
    pages += [*sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "services").glob("*/README.md"))]
    names = [page.relative_to(ROOT).as_posix() for page in pages]
    return [name for name in names if not name.startswith(TOLD_ONCE)]


def named(text: str) -> Iterator[tuple[str, str]]:
    """Yield each path that a text names, with the name in that file that it names, or ""."""
    for code in CODE.findall(FENCED.sub("", text)):
        found = PATH.match(code.removesuffix("/"))
        if found:
            yield found["path"], found["name"] or ""


@cache
def defined(path: str) -> set[str]:
    """Return what a file defines at its outermost level, and the methods of its classes."""
    tree = trees(path.partition("/")[0])[path]
    found: set[str] = set()
    for node in [*tree.body, *(item for part in tree.body if isinstance(part, ast.ClassDef) for item in part.body)]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def missing(page: str, text: str) -> list[str]:
    """Return what a page names that isn't there."""
    paths = [f"{path}:{name}" if name else path for path, name in named(text) if not _is_there(path, name)]
    links = [link for link in LINK.findall(FENCED.sub("", text)) if not ((ROOT / page).parent / link).exists()]
    return [*paths, *links]


def _is_there(path: str, name: str) -> bool:
    if not (ROOT / path).exists():
        return False
    return not name or name in defined(path)


@pytest.mark.parametrize("page", documents())
def test_every_path_name_and_page_that_a_document_names_is_there(page: str) -> None:
    assert missing(page, (ROOT / page).read_text()) == []


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("`shared/decider.py`, `shared/http/` and [a guide](docs/guides/upgrade.md)", []),
        ("`shared/decider.py:Decider` is there", []),
        ("`shared/decided_not.py`", ["shared/decided_not.py"]),
        ("`shared/decider.py:Undecided`", ["shared/decider.py:Undecided"]),
        ("[gone](docs/guides/gone.md)", ["docs/guides/gone.md"]),
        ("`GET /v1/members` and `docs of mine`", []),
    ],
)
def test_what_is_not_there_is_seen(text: str, gone: list[str]) -> None:
    assert missing("README.md", text) == gone


def strangers(page: str, text: str) -> list[str]:
    """Return the files that a service's own page names by the end of their paths, and that the service doesn't have."""
    service = page.split("/")[1]
    paths = [*sources(f"services/{service}"), *sources(f"tests/{service}")]
    own = re.compile(rf"(?!(?:{'|'.join(FOLDERS)})/)[\w/]+\.py")
    ends = [code for code in CODE.findall(FENCED.sub("", text)) if own.fullmatch(code)]
    return [end for end in ends if not any(path.endswith(f"/{end}") or path == end for path in paths)]


@pytest.mark.parametrize("page", [name for name in documents() if name.startswith("services/")])
def test_every_file_that_a_service_names_of_its_own_is_there(page: str) -> None:
    text = (ROOT / page).read_text()
    assert strangers(page, text) == []
    assert strangers(page, "`nowhere/nothing.py`") == ["nowhere/nothing.py"]


RULES = re.compile(r"^\| rule \| (?:test|guarded by)\b.*\n\|[-| ]+\n(?P<rows>(?:\|.*\n)+)", re.M)
"""A table of rules, whose last column names the tests."""


def unguarded(text: str) -> list[str]:
    """Return the rules of a page's tables that name no test."""
    rows = [row for table in RULES.finditer(text) for row in table["rows"].splitlines()]
    return [row for row in rows if not re.search(r"`(?:[\w/]+/)?test_\w+\.py`[^|]*\|$", row)]


def test_every_rule_of_the_game_names_the_test_that_guards_it() -> None:
    pages = {name: (ROOT / name).read_text() for name in documents() if name.startswith("services/")}
    assert RULES.findall(pages["services/loyalty/README.md"])
    assert {name: unguarded(text) for name, text in pages.items() if unguarded(text)} == {}


def test_a_rule_without_a_test_is_seen() -> None:
    table = "| rule | test |\n|---|---|\n| a | `test_a.py` |\n| b | soon |\n"
    assert unguarded(table) == ["| b | soon |"]


def test_the_way_of_a_purchase_through_loyalty_names_its_files_and_functions() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    way = text.partition("## The way of a purchase through loyalty")[2].partition("\n## ")[0]
    found = [*named(way)]
    assert len(found) >= 25
    assert sum(bool(name) for _, name in found) >= 20
    assert all(Path(path).suffix == ".py" for path, name in found if name)
