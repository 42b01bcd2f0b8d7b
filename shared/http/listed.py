"""What a list says of itself in OpenAPI: its filters, its sorts, its pages, and the wait for one's own write."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column

from shared.http.pages import MOST, SIZE, Listing

_ORDERED = {
    "lt": "Only what is less.",
    "lte": "Only what is less, or this.",
    "gt": "Only what is greater.",
    "gte": "Only what is greater, or this.",
}


def described(listing: Listing) -> dict[str, Any]:
    """Return what a list's route adds to its operation (`openapi_extra`)."""
    columns = listing.view.table.c
    filters = [found for name in listing.filters for found in _filters(name, columns[name])]
    return {"parameters": [*filters, *_pages(listing), *_OWN_WRITE]}


def _filters(name: str, column: Column[Any]) -> list[dict[str, Any]]:
    schema = _schema(column)
    operators = {"ne": "Only what is another.", **(_ORDERED if schema["type"] in ("integer", "number") else {})}
    if column.type.python_type in (date, datetime, Decimal):
        operators |= _ORDERED
    more = [_query(f"filter[{name}][{operator}]", said, schema) for operator, said in operators.items()]
    return [_query(f"filter[{name}]", "Only what is so.", schema), *more]


def _schema(column: Column[Any]) -> dict[str, Any]:
    kind = column.type.python_type
    if kind is int:
        bits = 63 if isinstance(column.type, BigInteger) else 31
        return {"type": "integer", "minimum": -(2**bits), "maximum": 2**bits - 1}
    return _SCHEMAS[kind]


_SCHEMAS: dict[type, dict[str, Any]] = {
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    Decimal: {"type": "string", "pattern": r"^-?[0-9]{1,30}(\.[0-9]{1,30})?$"},
    float: {"type": "number"},
    str: {"type": "string"},
    UUID: {"type": "string", "format": "uuid"},
}


def _pages(listing: Listing) -> list[dict[str, Any]]:
    size = {"type": "integer", "minimum": 1, "maximum": MOST, "default": SIZE}
    sorts = {"type": "string", "enum": list(listing.sorts), "default": listing.sorts[0]}
    return [
        _query("sort", "By which column; `-` sorts downwards.", sorts),
        _query("page[size]", "Rows on a page.", size),
        _query("page[after]", "Where the page before ended: take `links.next` as it is.", {"type": "string"}),
    ]


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


_OWN_WRITE = [
    {"name": name, "in": "header", "required": False, "description": said, "schema": {"type": "string"}}
    for name, said in (
        ("Consistency-Token", "What a write of yours answered: the list waits until it shows that write."),
        ("Prefer", "`wait=<seconds>`: how long to wait (at most 10); `handling=lenient`: then answer what there is."),
    )
]
