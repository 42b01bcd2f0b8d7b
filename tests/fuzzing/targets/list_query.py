"""Query strings of lists: Invalid, or a statement whose values fit their columns; its cursors are taken again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Integer

from services.contact.api.customers import CUSTOMER_LIST, TIMELINE_LIST
from services.loyalty.api.members import MEMBER_LIST
from services.scoring.api.activity_list import activity_list
from services.scoring.api.runs import RUN_LIST
from services.scoring.api.scores import SCORE_LIST
from services.tickets.api.lists import DUE, TICKETS
from shared.clock import system_clock
from shared.errors import Invalid
from shared.http.pages import MOST, Listing, _Asked
from shared.views.query import compiled
from tests.fuzzing.requests import call

LISTS: list[Listing] = [
    *(CUSTOMER_LIST, TIMELINE_LIST, MEMBER_LIST, RUN_LIST, SCORE_LIST, DUE, TICKETS),
    activity_list(system_clock()),
]


def one(data: bytes) -> None:
    """Ask each list with `data` as its query."""
    for listing in LISTS:
        asking = call(query=data)
        try:
            asked = _Asked.of(asking, listing)
        except Invalid:
            continue
        assert 1 <= asked.size <= MOST
        compiled(asked.select(listing, ()))
        for column, value in _values(listing, asked):
            _fits(column, value)


def _values(listing: Listing, asked: _Asked) -> Iterator[tuple[Any, Any]]:
    columns = listing.view.table.c
    for name, _, value in asked.filters:
        yield columns[name], value
    if asked.after is not None:
        yield columns[asked.sort.removeprefix("-")], asked.after[0]
        yield columns[0], asked.after[1]


def _fits(column: Any, value: Any) -> None:
    """PostgreSQL can be asked with the value: what it can't take would be an error of ours."""
    match value:
        case bool() | UUID():
            pass
        case str():
            assert "\x00" not in value.encode().decode()
        case int():
            bits = 63 if isinstance(column.type, BigInteger) else 31
            assert isinstance(column.type, Integer), column
            assert -(2**bits) <= value < 2**bits
        case Decimal():
            assert value.is_finite()
            assert abs(value.adjusted()) < 10_000
        case datetime():
            value.astimezone(UTC)
        case float():
            assert value == value
        case _:
            raise AssertionError(type(value))
