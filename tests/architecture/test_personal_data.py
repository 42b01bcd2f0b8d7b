"""No personal data where it can't be erased: in stream names, keys, logs, metrics and headers."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.project import NAMES, nodes, service

PERSONAL = {
    *("address", "birthday", "content", "email", "explanation", "first_name", "full_name", "identifiers", "last_name"),
    *("message", "phone", "reason", "summary", "value", "raw"),
}
"""Fields in which someone's words, names or addresses may stand."""

KERNELS_OWN = {"content", "message", "raw", "reason", "value"}
"""In the kernel, which knows no business word, these are the program's own words."""

NAMING = {"stream", "begin", "uuid5", "labels", "bind", "bind_contextvars"}
LOGGING = {"debug", "info", "warning", "error", "exception", "critical"}


def test_no_stream_id_or_label_is_made_of_personal_data() -> None:
    found = [
        f"{path}:{call.lineno}"
        for path, call in _calls("services")
        if _called(call) in NAMING and PERSONAL & set(_fields(*call.args, *(word.value for word in call.keywords)))
    ]
    assert found == []


def test_no_log_line_carries_personal_data() -> None:
    found = [
        f"{path}:{call.lineno}"
        for path, call in _calls("services", "shared", "rapport")
        if _called(call) in LOGGING and _is_log(call)
        if _said(call) & (PERSONAL - KERNELS_OWN if path.startswith("shared/") else PERSONAL)
    ]
    assert found == []


def test_views_and_policies_are_keyed_by_no_personal_data() -> None:
    found = [
        f"{path}:{call.lineno}"
        for path, call in _calls("services")
        if _called(call) in {"View", "Policy"}
        for word in call.keywords
        if word.arg in {"key", "needs"} and PERSONAL & set(_fields(word.value))
    ]
    assert found == []


@pytest.mark.parametrize("name", NAMES)
def test_no_row_is_kept_under_personal_data(name: str) -> None:
    keys = {column.name for view in service(name).views for column in view.table.primary_key}
    assert keys.isdisjoint(PERSONAL)


def _calls(*folders: str) -> Iterator[tuple[str, ast.Call]]:
    for path, node in nodes(*folders):
        if isinstance(node, ast.Call):
            yield path, node


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _said(call: ast.Call) -> set[str]:
    return {word.arg or "" for word in call.keywords} | set(_fields(*call.args))


def _is_log(call: ast.Call) -> bool:
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    return "log" in name.lower()


def _fields(*values: ast.expr) -> Iterator[str]:
    """Yield the names of all attributes and variables inside; what goes into a keyed hash comes out as no one's."""
    for value in values:
        if isinstance(value, ast.Call) and _called(value) in {"hashed", "keyed_hash"}:
            continue
        if isinstance(value, ast.Attribute):
            yield value.attr
        elif isinstance(value, ast.Name):
            yield value.id
        yield from _fields(*(child for child in ast.iter_child_nodes(value) if isinstance(child, ast.expr)))
