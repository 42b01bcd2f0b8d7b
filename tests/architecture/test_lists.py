"""A page of a list costs the same however many rows there are: an index has them in the order that is asked for."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import asyncpg
import pytest

from shared.http import Listing
from shared.migrations import migrate
from tests.architecture.project import NAMES, service

FEW = {"programmes", "partners", "runs"}
"""Views of which a company has some dozens of rows at most."""

INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename = $1"


def listings(name: str) -> Iterator[Listing]:
    api = import_module(f"services.{name}.api")
    for module in iter_modules(api.__path__, f"{api.__name__}."):
        yield from (item for item in vars(import_module(module.name)).values() if isinstance(item, Listing))


def columns(index: str) -> list[str]:
    """Return the columns of an index by its definition, each with a minus where it is descending."""
    inside = index.partition(" USING btree (")[2].partition(")")[0]
    named = (part.removesuffix(" NULLS LAST").split() for part in inside.split(", ") if part)
    return [f"-{column}" if rest == ["DESC"] else column for column, *rest in named]


def turned(columns: list[str]) -> list[str]:
    return [column[1:] if column.startswith("-") else f"-{column}" for column in columns]


@pytest.mark.parametrize("name", NAMES)
async def test_the_order_that_a_list_has_by_default_is_an_indexs(name: str, database: str) -> None:
    await migrate(service(name), database)
    connection = await asyncpg.connect(database)
    try:
        for listing in listings(name):
            if listing.view.name in FEW:
                continue
            found = [columns(row[0]) for row in await connection.fetch(INDEXES, listing.view.table.name)]
            key = next(iter(listing.view.table.primary_key)).name
            sort = listing.sorts[0]
            order = [sort] if sort == key else [sort, f"-{key}" if sort.startswith("-") else key]
            # A list about something that a path names may lead with that.
            ways = [way for index in found for way in (index, turned(index))]
            fits = [way for way in ways for start in (0, 1) if way[start : start + len(order)] == order]
            assert fits, f"{listing.view.name} is listed by {order}, and has {found}"
    finally:
        await connection.close()
