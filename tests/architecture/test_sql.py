"""SQL lives in the kernel, in adapters, and in migrations."""

import ast
import re

from tests.architecture.project import nodes

STATEMENT = re.compile(
    r"\s*(SELECT .* FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|(CREATE|ALTER|DROP) (TABLE|INDEX)) ", re.S
)
HOMES = re.compile(r"services/\w+/(adapters|migrations)/|rapport/demo/measure\.py")
"""The demo measures the tables from outside, all in one file."""


def test_sql_stays_in_the_kernel_in_adapters_and_in_migrations() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, node in nodes("services", "rapport")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value)
        if not HOMES.match(path)
    ]
    assert found == []
