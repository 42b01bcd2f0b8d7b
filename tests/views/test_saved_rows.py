"""What a view follows row by row and what a rebuild copies is the same row, whatever its columns hold."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import pytest
from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.runtime.pool import connect
from shared.views.rows import Rows
from shared.views.view import View


class Kind(StrEnum):
    SOME = "some"


class Inner(Struct, frozen=True, omit_defaults=True):
    at: datetime
    amount: Decimal
    note: str = ""


class Row(Struct, frozen=True):
    key: UUID
    words: str | None = None
    kind: Kind | None = None
    small: int | None = None
    large: int | None = None
    yes: bool | None = None
    amount: Decimal | None = None
    number: float | None = None
    day: date | None = None
    at: datetime | None = None
    nested: dict[str, Inner] = {}
    listed: tuple[int, ...] | None = None


COLUMNS = (
    Column("key", Uuid, primary_key=True),
    Column("words", Text),
    Column("kind", Text),
    Column("small", SmallInteger),
    Column("large", BigInteger),
    Column("yes", Boolean),
    Column("amount", Numeric),
    Column("number", Double),
    Column("day", Date),
    Column("at", DateTime(timezone=True)),
    Column("nested", JSONB),
    Column("listed", JSONB),
)
FOLDED = View("made_up", Table("made_up", MetaData(), *COLUMNS), Row, (), lambda _: None, lambda row, _: row)
TABLE = """
CREATE TABLE made_up (key uuid PRIMARY KEY, words text, kind text, small smallint, large bigint, yes boolean,
                      amount numeric, number double precision, day date, at timestamptz, nested jsonb, listed jsonb)
"""
AT = datetime(2026, 1, 5, 9, 30, 0, 123456, UTC)
LATE, EARLY = date(9999, 12, 30), datetime(1, 1, 1, 0, 0, 1, tzinfo=UTC)
"""What is a day later, or a second earlier, asyncpg takes for infinity."""

ROWS = [
    Row(UUID(int=1)),
    Row(
        UUID(int=2),
        'quoted "text", a \\ and \n, \u2028, \U0001f600, {"a": 1}, null, NULL',
        Kind.SOME,
        -32768,
        2**63 - 1,
        True,
        Decimal("123456789012345678.000100"),
        0.1 + 0.2,
        date(1997, 1, 1),
        AT,
        {"a": Inner(AT, Decimal("-0.10"), '"')},
        (1, 2),
    ),
    Row(UUID(int=3), "", None, 0, -(2**63), False, Decimal("NaN"), 5e-324, LATE, AT, {}, ()),
    Row(UUID(int=4), amount=Decimal("1E+3"), number=1.7976931348623157e308, at=EARLY),
]


async def test_a_saved_row_is_the_row_that_a_copy_writes(database: str) -> None:
    rows = Rows(FOLDED)
    pool = await connect(database, size=1)
    async with pool.acquire() as connection:
        await connection.execute(TABLE)
        await rows.copy(connection, ROWS)
        copied = await connection.fetch("SELECT m::text FROM made_up m ORDER BY key")
        await connection.execute("DELETE FROM made_up")
        for _ in range(2):  # new rows, and then the same again over them
            await rows.save(connection, {row.key: row for row in ROWS})
            assert await connection.fetch("SELECT m::text FROM made_up m ORDER BY key") == copied
        loaded = await rows.load(connection, [row.key for row in ROWS])
        assert [loaded[row.key] for row in ROWS[:2]] == ROWS[:2]
        await rows.save(connection, {UUID(int=1): None})
        assert await connection.fetchval("SELECT count(*) FROM made_up") == len(ROWS) - 1
    await pool.close()


class Short(Struct, frozen=True, omit_defaults=True):
    key: str
    total: int = 0


class Packed(Struct, frozen=True):
    key: str
    total: str


@pytest.mark.parametrize(("row", "kind"), [(Short, BigInteger()), (Packed, JSONB())])
def test_a_row_that_would_not_come_back_from_its_json_is_refused(row: type[Struct], kind: object) -> None:
    table = Table("made_up", MetaData(), Column("key", Text, primary_key=True), Column("total", kind))  # type: ignore[arg-type] # a column's type
    with pytest.raises(TypeError, match="made_up"):
        Rows(View("made_up", table, row, (), lambda _: None, lambda row, _: row))
