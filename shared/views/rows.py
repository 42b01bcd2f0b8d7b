"""A view's rows between Python and PostgreSQL: structs on one side; on the other JSON, or columns of a COPY."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import asyncpg
import msgspec
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from shared.views.view import View

R = TypeVar("R")
Convert = Callable[[Any], Any]

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy's factory has no annotation
_to_json = msgspec.json.Encoder(decimal_format="string").encode


class Rows(Generic[R]):
    """Loads and saves the rows of one view, many at a time, one statement for each."""

    def __init__(self, view: View[R], table: str | None = None) -> None:
        columns = list(view.table.columns)
        hints = get_type_hints(view.row)
        names = [column.name for column in columns]
        if names != list(hints):
            raise TypeError(f"the columns of {view.name} are {names}, but its row has {list(hints)}")
        if not view.append_only:
            _must_be_json(view)
        types = [column.type.compile(dialect=_DIALECT) for column in columns]
        self.table = table or view.table.name
        self.names = names
        self._types = types
        self._row = view.row
        self._append_only = view.append_only
        self._save = _present(_saver(column, hints[column.name]) for column in columns)
        self._load = _present(_loader(column, hints[column.name]) for column in columns)
        listed = ", ".join(names)
        self.select_all = f"SELECT {listed} FROM {self.table}"
        self._select = f"{self.select_all} WHERE {names[0]} = ANY($1::{types[0]}[])"
        self._delete = f"DELETE FROM {self.table} WHERE {names[0]} = ANY($1::{types[0]}[])"
        typed = ", ".join(f"{name} {type_}" for name, type_ in zip(names, types, strict=True))
        updates = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
        self._upsert = (
            f"INSERT INTO {self.table} ({listed}) SELECT * FROM json_to_recordset($1::json) AS n({typed})"
            f" ON CONFLICT ({names[0]}) DO UPDATE SET {updates}"
        )

    async def load(self, connection: asyncpg.Connection, keys: Iterable[Any]) -> dict[Any, R]:
        """Return the rows that exist, by key."""
        return {row[0]: self.row(row) for row in await connection.fetch(self._select, list(keys))}

    async def load_by(self, connection: asyncpg.Connection, column: str, values: Iterable[str]) -> list[R]:
        """Return the rows that have one of `values`, given as text, in `column`."""
        found = await connection.fetch(f"{self.select_all} WHERE {self._among(column)}", list(values))
        return [self.row(row) for row in found]

    async def delete_by(self, connection: asyncpg.Connection, column: str, values: Iterable[str]) -> None:
        """Remove the rows that have one of `values`, given as text, in `column`."""
        await connection.execute(f"DELETE FROM {self.table} WHERE {self._among(column)}", list(values))

    def _among(self, column: str) -> str:
        return f"{column} = ANY($1::text[]::{self._types[self.names.index(column)]}[])"

    async def save(self, connection: asyncpg.Connection, rows: Mapping[Any, R | None]) -> None:
        """Write the rows, and remove those that are None, in the open transaction."""
        gone = [key for key, row in rows.items() if row is None]
        if gone:
            await connection.execute(self._delete, gone)
        kept = [row for row in rows.values() if row is not None]
        if kept and self._append_only:
            await self.copy(connection, kept)
        elif kept:
            # As one JSON text: a driver encodes arrays value by value, which costs three times as much.
            await connection.execute(self._upsert, _to_json(kept).decode())

    async def copy(self, connection: asyncpg.Connection, rows: Sequence[R]) -> None:
        """Add rows whose keys are not in the table yet, by COPY."""
        records = zip(*self._columns(rows), strict=True)
        await connection.copy_records_to_table(self.table, records=records, columns=self.names)

    def _columns(self, rows: Sequence[R]) -> list[Sequence[Any]]:
        columns: list[Sequence[Any]] = list(zip(*map(msgspec.structs.astuple, rows), strict=True))  # type: ignore[arg-type] # a row is a struct
        for place, convert in self._save.items():
            columns[place] = [None if value is None else convert(value) for value in columns[place]]
        return columns

    def row(self, values: Sequence[Any]) -> R:
        """Return the struct of one fetched row."""
        if not self._load:
            return self._row(*values)
        fields = list(values)
        for place, convert in self._load.items():
            if fields[place] is not None:
                fields[place] = convert(fields[place])
        return self._row(*fields)


def _present(converts: Iterable[Convert | None]) -> dict[int, Convert]:
    return {place: convert for place, convert in enumerate(converts) if convert}


def _must_be_json(view: View[Any]) -> None:
    """Raise TypeError where a row's JSON would say something else than the row: it is saved as that."""
    hints = get_type_hints(view.row)
    texts = [column.name for column in view.table.columns if isinstance(column.type, JSONB)]
    if any(_plain(hints[name]) in (str, bytes) for name in texts):
        raise TypeError(f"{view.name} holds JSON as text, which only an append-only view can")
    config = view.row.__struct_config__
    if config.omit_defaults or config.array_like or view.row.__struct_encode_fields__ != view.row.__struct_fields__:
        raise TypeError(f"the rows of {view.name} must be plain structs")


def _plain(hint: Any) -> Any:
    """Return X of `X | None`, and any other hint as it is."""
    if get_origin(hint) in (Union, UnionType):
        present = [item for item in get_args(hint) if item is not NoneType]
        return present[0] if len(present) == 1 else hint
    return hint


def _saver(column: Column[Any], hint: Any) -> Convert | None:
    if not isinstance(column.type, JSONB) or _plain(hint) is str:
        return None
    if _plain(hint) is bytes:
        return bytes.decode
    return lambda value: _to_json(value).decode()


def _loader(column: Column[Any], hint: Any) -> Convert | None:
    plain = _plain(hint)
    if isinstance(column.type, JSONB):
        if plain is str:
            return None
        return str.encode if plain is bytes else msgspec.json.Decoder(plain).decode
    return plain if isinstance(plain, type) and issubclass(plain, Enum) else None
