"""Catching up: what came since a table's places is folded into its rows, as the view's consumer would."""

from collections.abc import Iterable
from typing import Any

import asyncpg

from shared.errors import Rejected
from shared.views.fold import Aside, Fold, Page
from shared.views.past import Past
from shared.views.places import LeftOut, Places, below
from shared.views.rows import Rows
from shared.views.view import View


class Disturbed(Rejected):
    """A message was discarded, or handled late, that the table should hold, or should not: it must be made anew."""


class CatchUp:
    """A table of the view that is not in use: how far it has come, and what it leaves aside."""

    def __init__(
        self, past: Past, view: View[Any], table: str, places: Places, left_out: LeftOut, aside: Iterable[Aside] = ()
    ) -> None:
        self._past = past
        self.view = view
        self._rows = Rows(view, table)
        self.table = table
        self.places = places
        self.left_out = left_out
        self.aside = list(aside)

    def trial(self) -> "CatchUp":
        """Return a copy to try a round with, which is thrown away when its transaction is."""
        return CatchUp(self._past, self.view, self.table, self.places, self.left_out, self.aside)

    def behind(self, places: Places) -> int:
        """Return how many numbers lie between the table and `places`."""
        return self._past.numbers(self.places, places)

    async def to(self, connection: asyncpg.Connection, until: Places, left_out: LeftOut) -> int:
        """Fold what lies between the table and `until` into its rows; return how many events that were.

        Raises Disturbed when other messages are to be left out by now, of those that the table has passed.
        """
        if below(left_out, self.places) != below(self.left_out, self.places):
            raise Disturbed("view-disturbed", "Messages were discarded, or handled late, since this table was made.")
        events = 0
        async for page in self._past.pages(self.places, until, left_out):
            events += len(page.events)
            await self.take(connection, page)
        self.places, self.left_out = until, left_out
        return events

    async def take(self, connection: asyncpg.Connection, page: Page) -> None:
        """Fold one page into the rows."""
        fold = Fold(self.view, self.aside)
        if not self.view.append_only:
            fold.rows.update(await self._rows.load(connection, fold.keys(page.events)))
        fold.take(page)
        await self._rows.save(connection, fold.rows)
        self.aside = fold.aside
