"""The project as its architecture tests see it: its files, their syntax trees, and the four services."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from shared.service import Service

ROOT = Path(__file__).parents[2]
CODE = ("bench", "rapport", "services", "shared")
NAMES = ("contact", "tickets", "loyalty", "scoring")


@cache
def sources(*folders: str) -> dict[str, str]:
    """Return the text of every Python file below `folders`, by its path in the project."""
    files = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in files}


@cache
def trees(*folders: str) -> dict[str, ast.Module]:
    """Return the syntax tree of every Python file below `folders`, by its path."""
    return {path: ast.parse(text) for path, text in sources(*folders).items()}


def nodes(*folders: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield every node of every file, with the file's path."""
    for path, tree in trees(*folders).items():
        for node in ast.walk(tree):
            yield path, node


@cache
def service(name: str) -> Service:
    """Return the declaration of a service."""
    declared = import_module(f"services.{name}.service").SERVICE
    assert isinstance(declared, Service)
    return declared
