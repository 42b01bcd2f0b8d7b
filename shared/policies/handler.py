"""A policy at work: a batch's streams are read together, decided on in memory, and appended together."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import asyncpg

from shared.consumers.handler import Afterwards, Item, Parked
from shared.merging.batch import BatchGroups
from shared.policies.kept import KeptStates
from shared.policies.policy import Policy
from shared.policies.work import WorkingSet
from shared.store.contract import Recorded
from shared.store.postgres import PostgresEventStore


class PolicyHandler:
    """Applies one policy inside the consumer's transaction."""

    def __init__(self, policy: Policy[Any], store: PostgresEventStore, clock: Callable[[], datetime]) -> None:
        self._policy = policy
        self._store = store
        self._clock = clock
        self._kept = KeptStates(policy.keeps)

    @property
    def name(self) -> str:
        """See `Handler.name`."""
        return self._policy.name

    @property
    def place_first(self) -> bool:
        """See `Handler.place_first`."""
        return False

    def key(self, message: Any) -> str | None:
        """See `Handler.key`."""
        return self._policy.key(message)

    async def apply(
        self,
        connection: asyncpg.Connection,
        items: Sequence[tuple[str, Item]],
        blocked: frozenset[str],
        afterwards: Afterwards | None = None,
    ) -> list[Parked]:
        """See `Handler.apply`."""
        subjects = (item.message.subject for _, item in items if isinstance(item.message, Recorded))
        groups = BatchGroups(connection, subjects)
        work = WorkingSet(self._store.on(connection), self._clock(), merged=groups.members)
        needs = [self._needs(item) for _, item in items]
        needed = dict.fromkeys(stream for streams in needs if not isinstance(streams, Exception) for stream in streams)
        await self._kept.bring(work, needed)
        await work.load(needed)
        await self._fetch_keys(work, items, needs)
        parked: list[Parked] = []
        waiting = set(blocked)
        for (key, item), streams in zip(items, needs, strict=True):
            if key in waiting:
                parked.append(Parked(item, self.name, key, None))
            elif error := await self._react(work, item, streams):
                waiting.add(key)
                parked.append(Parked(item, self.name, key, error))
        await work.commit()
        if afterwards is not None:
            afterwards.append(partial(self._kept.remember, work))
        return parked

    async def _fetch_keys(
        self, work: WorkingSet, items: Sequence[tuple[str, Item]], needs: Sequence[Sequence[str] | Exception]
    ) -> None:
        chosen = [
            (item.message, streams)
            for (_, item), streams in zip(items, needs, strict=True)
            if not isinstance(streams, Exception) and self._policy.personal(item.message)
        ]
        if chosen:
            subjects = [message.subject for message, _ in chosen if isinstance(message, Recorded)]
            await work.fetch_keys((stream for _, streams in chosen for stream in streams), subjects)

    def _needs(self, item: Item) -> Sequence[str] | Exception:
        try:
            return self._policy.needs(item.message)
        except Exception as error:
            return error

    async def _react(self, work: WorkingSet, item: Item, streams: Sequence[str] | Exception) -> Exception | None:
        try:
            if isinstance(streams, Exception):
                return streams
            await work.decide(self._policy.react, work, item.message)
        except Exception as error:
            return error
        return None
