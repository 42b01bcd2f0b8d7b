"""A view at work: the rows of a batch's keys are loaded together, folded in memory, and saved together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg

from shared.consumers.handler import Afterwards, Item, Parked
from shared.merging.rows import NOTHING, MemberRows, Merged
from shared.store.contract import Recorded
from shared.views.rows import Rows
from shared.views.view import View


class ViewHandler:
    """Applies one view inside the consumer's transaction."""

    def __init__(self, view: View[Any]) -> None:
        self._view = view
        self._rows = Rows(view)
        self._members = MemberRows(view) if view.combine else None
        self._reads = {catalogue.service: catalogue for catalogue in view.reads}

    @property
    def name(self) -> str:
        """See `Handler.name`."""
        return self._view.name

    @property
    def place_first(self) -> bool:
        """See `Handler.place_first`."""
        return True

    def key(self, message: Recorded) -> Any | None:
        """See `Handler.key`: the key of the view's row."""
        catalogue = self._reads.get(message.service)
        if catalogue is None or not catalogue.knows(message.type):
            return None
        return self._view.key(message)

    async def apply(
        self,
        connection: asyncpg.Connection,
        items: Sequence[tuple[Any, Item]],
        blocked: frozenset[str],
        afterwards: Afterwards | None = None,
    ) -> list[Parked]:
        """See `Handler.apply`."""
        merged = await self._merged(connection, items)
        before = await self._before(connection, [key for key, _ in items if key not in merged])
        after, parked = self._fold(items, {**before, **merged.own} if merged else before, set(blocked))
        if self._members and merged:
            after = await self._members.save(connection, merged, after)
        await self._rows.save(connection, after)
        return parked

    async def _merged(self, connection: asyncpg.Connection, items: Sequence[tuple[Any, Item]]) -> Merged[Any]:
        """Return the rows of merged subjects that the batch touches, locked; none where nothing is combined."""
        if self._members is None or not await self._members.any(connection):
            return NOTHING
        return await self._members.lock(connection, {key: item.message.subject for key, item in items})

    async def _before(self, connection: asyncpg.Connection, keys: Iterable[Any]) -> Mapping[Any, Any]:
        return {} if self._view.append_only else await self._rows.load(connection, dict.fromkeys(keys))

    def _fold(
        self, items: Sequence[tuple[Any, Item]], before: Mapping[Any, Any], waiting: set[str]
    ) -> tuple[dict[Any, Any], list[Parked]]:
        after: dict[Any, Any] = {}
        parked: list[Parked] = []
        project = self._view.project
        for key, item in items:
            if waiting and str(key) in waiting:
                parked.append(Parked(item, self.name, str(key), None))
                continue
            try:
                after[key] = project(after[key] if key in after else before.get(key), item.message)
            except Exception as error:
                waiting.add(str(key))
                parked.append(Parked(item, self.name, str(key), error))
        return after, parked
