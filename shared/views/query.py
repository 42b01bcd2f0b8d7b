"""Composed queries: SQLAlchemy Core statements for asyncpg, so that one pool serves all of a process."""

from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects.postgresql import asyncpg as dialect

_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy's factory has no annotation


def compiled(statement: Select[Any]) -> tuple[str, list[Any]]:
    """Return the statement's text with $1, $2, ... and its arguments in that order."""
    made = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return str(made), [made.params[name] for name in made.positiontup or ()]
