"""The statements that `shared.views.rows` makes for each view: load, remove, save."""

import json
import re
from typing import Any

import asyncpg

from tests.simulation.database import Transaction
from tests.simulation.statements.registry import Rows, Statement, Work

LARGEST = 2**63
LOAD = re.compile(r"SELECT [\w, ]+ FROM (\w+) WHERE \w+ = ANY\(\$1::\w+\[\]\)$")
REMOVE = re.compile(r"DELETE FROM (\w+) WHERE \w+ = ANY\(\$1::\w+\[\]\)$")
SAVE = re.compile(
    r"INSERT INTO (\w+) \([\w, ]+\) SELECT \* FROM json_to_recordset\(\$1::json\) AS n\(([\w, ]+)\)"
    r" ON CONFLICT \(\w+\) DO UPDATE SET .+$"
)
KEPT = {"TEXT", "BIGINT"}
"""The types of columns that JSON holds as they are."""


def view_statement(query: str) -> Statement:
    """Return what one of a view's statements does. Raises LookupError when it is none."""
    for pattern, made, tag in ((LOAD, _load, "SELECT"), (SAVE, _save, "INSERT"), (REMOVE, _remove, "DELETE")):
        found = pattern.match(query)
        if found:
            return Statement(made(*found.groups()), tag)
    raise LookupError(f"the database in memory doesn't know this statement yet: {query}")


def _load(table: str) -> Work:
    def load(transaction: Transaction, keys: list[Any]) -> Rows:
        rows = transaction.see(table)
        return [rows[key] for key in keys if key in rows]

    return load


def _save(table: str, typed: str) -> Work:
    columns = [column.split() for column in typed.split(", ")]
    if not {type_ for _, type_ in columns} <= KEPT:
        raise LookupError(f"the database in memory keeps no columns such as {typed} yet")

    def save(transaction: Transaction, text: str) -> Rows:
        rows = [tuple(item[name] for name, _ in columns) for item in json.loads(text)]
        for row in rows:
            if any(value.__class__ is int and not -LARGEST <= value < LARGEST for value in row):
                raise asyncpg.DataError("value out of int64 range")
            transaction.lock(table, row[0])
        for row in rows:
            transaction.put(table, row[0], row)
        return rows

    return save


def _remove(table: str) -> Work:
    def remove(transaction: Transaction, keys: list[Any]) -> Rows:
        for key in keys:
            transaction.lock(table, key)
        gone = [key for key in keys if key in transaction.newest(table)]
        for key in gone:
            transaction.delete(table, key)
        return gone

    return remove
