"""A view at work: the rows of a batch's keys are loaded together, folded in memory, and saved together."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from shared.consumers.handler import Item, Parked
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

    def key(self, message: Recorded) -> str | None:
        """See `Handler.key`."""
        catalogue = self._reads.get(message.service)
        if catalogue is None or not catalogue.knows(message.type):
            return None
        key = self._view.key(message)
        return None if key is None else str(key)

    async def apply(
        self, connection: asyncpg.Connection, items: Sequence[tuple[str, Item]], blocked: frozenset[str]
    ) -> list[Parked]:
        """See `Handler.apply`."""
        keys = [self._view.key(item.message) for _, item in items]
        merged = await self._merged(connection, items, keys)
        before = await self._before(connection, [key for key in dict.fromkeys(keys) if key not in merged])
        after, parked = self._fold(items, keys, {**before, **merged.own} if merged else before, set(blocked))
        if self._members and merged:
            after = await self._members.save(connection, merged, after)
        await self._rows.save(connection, after)
        return parked

    async def _merged(
        self, connection: asyncpg.Connection, items: Sequence[tuple[str, Item]], keys: Sequence[Any]
    ) -> Merged[Any]:
        """Return the rows of merged subjects that the batch touches, locked; none where nothing is combined."""
        if self._members is None:
            return NOTHING
        subjects = {key: item.message.subject for key, (_, item) in zip(keys, items, strict=True)}
        return await self._members.lock(connection, subjects)

    async def _before(self, connection: asyncpg.Connection, keys: Sequence[Any]) -> Mapping[Any, Any]:
        return {} if self._view.append_only else await self._rows.load(connection, keys)

    def _fold(
        self, items: Sequence[tuple[str, Item]], keys: Sequence[Any], before: Mapping[Any, Any], waiting: set[str]
    ) -> tuple[dict[Any, Any], list[Parked]]:
        after: dict[Any, Any] = {}
        parked: list[Parked] = []
        project = self._view.project
        for (name, item), key in zip(items, keys, strict=True):
            if name in waiting:
                parked.append(Parked(item, self.name, name, None))
                continue
            try:
                after[key] = project(after[key] if key in after else before.get(key), item.message)
            except Exception as error:
                waiting.add(name)
                parked.append(Parked(item, self.name, name, error))
        return after, parked
