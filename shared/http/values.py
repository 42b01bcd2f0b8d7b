"""Texts of a request as values that PostgreSQL can compare a column with: what it couldn't take is refused here."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from sqlalchemy import BigInteger, Column

MOST_DIGITS = 100
"""Before or behind the point of a number."""


def value_of(column: Column[Any], text: str) -> Any:
    """Return the text as the column's Python value. ValueError or ArithmeticError when it doesn't fit."""
    kind = column.type.python_type
    value = _READ.get(kind, kind)(text)
    if kind is int and not -(2 ** _bits(column)) <= value < 2 ** _bits(column):
        raise ValueError
    return value


def _bits(column: Column[Any]) -> int:
    return 63 if isinstance(column.type, BigInteger) else 31


def _bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


def _day(text: str) -> date:
    found = date.fromisoformat(text)
    if found.isoformat() != text:  # Python reads weeks and days without hyphens, too
        raise ValueError
    return found


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError
    return found.astimezone(UTC)


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError
    return number


def _float(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError
    return number


def _words(text: str) -> str:
    if "\0" in text:
        raise ValueError
    return text


_READ: Mapping[type, Callable[[str], Any]] = {
    bool: _bool,
    date: _day,
    datetime: _moment,
    Decimal: _decimal,
    float: _float,
    str: _words,
}
