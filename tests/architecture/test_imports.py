"""Who may know whom: the contracts of import-linter, and what a domain may import at all."""

import ast
from collections.abc import Iterator

import pytest
from importlinter.api import read_configuration
from importlinter.application import use_cases

from tests.architecture.project import NAMES, ROOT, nodes

PURE = {
    *(
        "bisect",
        "collections",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "functools",
        "hashlib",
        "hmac",
        "itertools",
    ),
    *("array", "calendar", "heapq", "math", "operator", "re", "statistics", "typing", "uuid"),
    "zoneinfo",  # the rules of time zones: tables that are the same everywhere
    *("babel", "msgspec", "numpy", "scipy", "shared.decider", "shared.errors", "shared.privacy.personal"),
}
"""All that a domain may stand on: values, arithmetic, the kernel's words for deciding and for what is personal."""

IMPURE_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid7", "new_id", "open", "print", "input", "default_rng"}


def test_the_import_contracts_hold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert len(read_configuration()["contracts_options"]) >= 3
    kept = use_cases.lint_imports(cache_dir=None, no_logo=True)
    assert kept, capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_a_domain_imports_values_alone(name: str) -> None:
    domain = f"services.{name}.domain"
    foreign = [
        f"{path}: {module}"
        for path, module in _imports(f"services/{name}/domain")
        if not _within(module, {*PURE, domain})
    ]
    assert foreign == []


@pytest.mark.parametrize("name", NAMES)
def test_a_domain_reads_no_clock_makes_no_ids_and_waits_for_nothing(name: str) -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, node in nodes(f"services/{name}/domain")
        if isinstance(node, ast.AsyncFunctionDef | ast.Await) or (isinstance(node, ast.Call) and _impure(node))
    ]
    assert found == []


@pytest.mark.parametrize("name", NAMES)
def test_a_view_and_a_contract_do_no_io(name: str) -> None:
    found = [
        f"{path}: {module}"
        for folder in ("contracts", "views")
        for path, module in _imports(f"services/{name}/{folder}")
        if _within(module, {"asyncio", "asyncpg", "aiokafka", "fastapi", "httpx", "shared.http", "shared.clock"})
    ]
    assert found == []


def _imports(folder: str) -> Iterator[tuple[str, str]]:
    for path, node in nodes(folder):
        if isinstance(node, ast.Import):
            yield from ((path, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield path, node.module or ""


def _within(module: str, roots: set[str]) -> bool:
    return any(module == root or module.startswith(f"{root}.") for root in roots)


def _impure(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in IMPURE_CALLS
