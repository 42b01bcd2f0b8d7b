"""Lists: filters, sorting, and pages by a signed cursor, declared once for each list."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from fastapi import Response
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import Column, Select, and_, asc, desc, false, or_, select

from shared.consumers.freshness import current_at
from shared.errors import Invalid
from shared.http.calls import Call
from shared.http.consistency import read_token
from shared.http.problems import unavailable
from shared.http.values import value_of
from shared.merging.lists import root_of
from shared.views.query import compiled
from shared.views.rows import Rows
from shared.views.view import View

SIZE, MOST = 50, 200
CUSTOMER = "customer_id"
"""The column that says whom a row is about, in every view that has one."""

_PARAMETER = re.compile(r"^filter\[(?P<field>[a-z_]+)\](?:\[(?P<op>[a-z]+)\])?$")
_SIZE = re.compile("[0-9]{1,3}")
_WAIT = re.compile(r"(?:^|[,\s])wait=(?P<seconds>\d{1,2})")

_OPERATORS: Mapping[str, Callable[[Column[Any], Any], Any]] = {
    "eq": lambda column, value: column.in_(value) if isinstance(value, list) else column == value,
    "ne": lambda column, value: column.not_in(value) if isinstance(value, list) else column != value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
}


@dataclass(frozen=True)
class Listing:
    """A list of a view's rows: which columns may be filtered and sorted by, and what a row looks like outside.

    The first of `sorts` is the default; a leading `-` sorts downwards. Where
    customers were merged, a row shows the one who stands for its customer, and a
    filter by any of them finds the rows of all. `also` are parameters that the
    route itself reads. `for_everyone`: it isn't about customers, and each of them may see it.
    """

    view: View[Any]
    filters: Sequence[str]
    sorts: Sequence[str]
    shown: Callable[[Any], Any] = field(default=lambda row: row)
    also: Sequence[str] = ()
    for_everyone: bool = False

    async def page(self, call: Call, *conditions: Any) -> Response:
        """Answer the page that the request asks for, of the rows that also meet `conditions`.

        `meta.current_at` says how old the rows may be: they show all that the
        topics held at that moment. A customer's own token sees the rows about that customer, and of a list
        that isn't about customers none, unless it is for everyone.
        """
        stale = await _wait_for_own_write(call)
        if isinstance(stale, Response):
            return stale
        asked = await _Asked.of(call, self).resolved(call)
        rows = await self._rows(call, asked, (*conditions, *self._confined(call)))
        more = len(rows) > asked.size
        rows = rows[: asked.size]
        current = await current_at(call.kit.pool, call.kit.service.views_consumer)
        body: dict[str, Any] = {
            "data": [self.shown(row) for row in rows],
            "meta": {"has_more": more, "current_at": current},
            "links": {"next": asked.next_link(call, rows[-1]) if more else None},
        }
        return call.answer(body, headers=stale)

    def _confined(self, call: Call) -> Sequence[Any]:
        if call.caller.customer is None or self.for_everyone:
            return ()
        columns = self.view.table.c
        return (columns.customer_id.in_(call.caller.customers) if CUSTOMER in columns else false(),)

    async def _rows(self, call: Call, asked: "_Asked", conditions: Sequence[Any]) -> list[Any]:
        codec = Rows(self.view)
        asked_for = asked.select(self, conditions)
        names = call.kit.service.merges is not None and self.view.combine is None and CUSTOMER in self.view.table.c
        if not names:
            return [codec.row(row) for row in await _fetch(call, asked_for)]
        found = await _fetch(call, asked_for.add_columns(root_of(self.view.table.c[CUSTOMER])))
        return [_resolved(codec.row(row[:-1]), row[-1]) for row in found]


async def _fetch(call: Call, statement: Select[Any]) -> list[Any]:
    text, arguments = compiled(statement)
    return list(await call.kit.pool.fetch(text, *arguments))


def _resolved(row: Any, root: str | None) -> Any:
    """Show a row of a merged customer as the root's."""
    return row if root is None else msgspec.structs.replace(row, **{CUSTOMER: UUID(root)})


@dataclass(frozen=True)
class _Asked:
    """What the query string asks of a list, checked."""

    sort: str
    size: int
    after: tuple[Any, Any] | None
    filters: Sequence[tuple[str, str, Any]]
    serializer: URLSafeSerializer

    @classmethod
    def of(cls, call: Call, listing: Listing) -> "_Asked":
        serializer = URLSafeSerializer(call.kit.settings.cursor_secret.get_secret_value(), salt=listing.view.name)
        parameters = call.request.query_params
        faults: list[tuple[str, str]] = []
        sort = parameters.get("sort", listing.sorts[0])
        if sort not in listing.sorts:
            faults.append(("sort", f"must be one of {', '.join(listing.sorts)}"))
        size = parameters.get("page[size]", str(SIZE))
        if not _SIZE.fullmatch(size) or not 1 <= int(size) <= MOST:
            faults.append(("page[size]", f"must be from 1 to {MOST}"))
        filters = _filters(call, listing, faults)
        after = None if faults else _after(parameters.get("page[after]"), listing, sort, serializer, faults)
        if faults:
            raise Invalid(faults)
        return cls(sort, int(size), after, filters, serializer)

    async def resolved(self, call: Call) -> "_Asked":
        """Let a filter by a customer find the rows of all who are one with that customer."""
        filters = [
            (name, operator, await call.fellows(value) if name == CUSTOMER and operator in ("eq", "ne") else value)
            for name, operator, value in self.filters
        ]
        return replace(self, filters=filters)

    def select(self, listing: Listing, conditions: Sequence[Any]) -> Select[Any]:
        table = listing.view.table
        key = next(iter(table.primary_key))
        column = table.c[self.sort.removeprefix("-")]
        direction, beyond = (desc, "lt") if self.sort.startswith("-") else (asc, "gt")
        found = select(table).where(*conditions, column.is_not(None))
        for name, operator, value in self.filters:
            found = found.where(_OPERATORS[operator](table.c[name], value))
        if self.after is not None:
            past = _OPERATORS[beyond]
            value, last = self.after
            found = found.where(or_(past(column, value), and_(column == value, past(key, last))))
        return found.order_by(direction(column), direction(key)).limit(self.size + 1)

    def next_link(self, call: Call, row: Any) -> str:
        table_key = msgspec.structs.fields(row)[0].name
        value = getattr(row, self.sort.removeprefix("-"))
        cursor = self.serializer.dumps([self.sort, _text(value), _text(getattr(row, table_key))])
        kept = [(name, text) for name, text in call.request.query_params.multi_items() if name != "page[after]"]
        return f"{call.request.url.path}?{urlencode([*kept, ('page[after]', cursor)])}"


def _filters(call: Call, listing: Listing, faults: list[tuple[str, str]]) -> list[tuple[str, str, Any]]:
    filters = []
    for name, text in call.request.query_params.multi_items():
        found = _PARAMETER.match(name)
        if found is None:
            if name not in ("sort", "page[size]", "page[after]", *listing.also):
                faults.append((name, "is no parameter of this list"))
            continue
        column, operator = found["field"], found["op"] or "eq"
        if column not in listing.filters or operator not in _OPERATORS:
            allowed = f"{', '.join(listing.filters)}; operators {', '.join(_OPERATORS)}"
            faults.append((name, f"can't be filtered by: fields {allowed}"))
            continue
        try:
            filters.append((column, operator, value_of(listing.view.table.c[column], text)))
        except (ValueError, ArithmeticError):
            faults.append((name, "has a value that doesn't fit the field"))
    return filters


def _after(
    cursor: str | None, listing: Listing, sort: str, serializer: URLSafeSerializer, faults: list[tuple[str, str]]
) -> tuple[Any, Any] | None:
    if cursor is None:
        return None
    table = listing.view.table
    try:
        sorted_by, value, last = msgspec.convert(serializer.loads(cursor), tuple[str, str, str])
        if sorted_by == sort:
            return value_of(table.c[sort.removeprefix("-")], value), value_of(next(iter(table.primary_key)), last)
    except (BadData, RecursionError, ValueError, ArithmeticError):  # msgspec's are ValueErrors
        pass
    faults.append(("page[after]", "is not a cursor that this list answered with this sort: begin anew without it"))
    return None


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


async def _wait_for_own_write(call: Call) -> Response | dict[str, str]:
    """Wait for the write that the caller names; answer 503, or say `Consistency: stale`, as the caller prefers."""
    token = call.request.headers.get("consistency-token")
    if token is None:
        return {}
    prefer = call.request.headers.get("prefer", "")
    found = _WAIT.search(prefer)
    seconds = float(found["seconds"]) if found else 0.0
    if await call.kit.own_writes.shown(*read_token(token), seconds):
        return {}
    if "handling=lenient" in prefer:
        return {"Consistency": "stale"}
    return unavailable(
        call.request,
        "not-caught-up",
        "The list doesn't show your write yet: try again, wait longer, or prefer handling=lenient.",
    )
