"""What the demo measures: how far everything has come, what is in the tables, how much memory it takes."""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from decimal import Decimal
from typing import Any

import psutil
from msgspec import Struct

from rapport.commands.opened import Opened, opened
from rapport.demo.publish import TOPIC
from rapport.services import SERVICES
from shared.clock import system_clock
from shared.consumers.progress import missing, places, published
from shared.stack.stack import Stack
from shared.timers.shelf import Shelf

EARNED = """
SELECT subject, data ->> 'lot_id', occurred_at, (data ->> 'points')::bigint
FROM event WHERE type = 'points-earned' ORDER BY subject, occurred_at, stream_id, version
"""


class Progress(Struct, frozen=True):
    """How far all services have come.

    Touchpoints taken in, timers that are due, events decided, and events taken
    by each service's consumers.
    """

    touchpoints: int
    decided: Mapping[str, int]
    wanted: Mapping[str, int]
    taken: Mapping[str, int]
    waiting: int
    due: int

    def caught_up(self, touchpoints: int) -> bool:
        """Tell whether everything that follows from `touchpoints` has been done."""
        still = self.waiting or self.due
        return self.touchpoints >= touchpoints and not still and dict(self.wanted) == dict(self.taken)


class Measured(AsyncExitStack):
    """All four services, opened to be looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: dict[str, Opened] = {}

    async def __aenter__(self) -> "Measured":
        """Open the services' databases."""
        await super().__aenter__()
        for name in SERVICES:
            self.opened[name] = await self.enter_async_context(opened(name))
        return self

    async def progress(self) -> Progress:
        """Look how far everything has come.

        The places are read before what is published: what a consumer had taken
        by then is either waiting or decided by now, so that nothing which is
        still on its way can hide between the two. So are timers: what was set
        by then is either due or fired.
        """
        reached = {name: await places(at.pool) for name, at in self.opened.items()}
        now = system_clock()
        due = sum([(await Shelf(at.pool).count(now)).due for at in self.opened.values()])
        topics = {at.service.topic: await published(at.pool) for at in self.opened.values()}
        wanted: dict[str, int] = {}
        taken: dict[str, int] = {}
        touchpoints = 0
        for name, at in self.opened.items():
            own = reached[name]
            behind = sum(missing(topics, at.wirings, own).values())
            taken[name] = sum(place.next_seq - 1 for place in own if place.topic != TOPIC)
            wanted[name] = taken[name] + behind
            touchpoints += sum(place.next_offset for place in own if place.topic == TOPIC)
        return Progress(
            touchpoints,
            {name: sum(row.decided for row in topics[at.service.topic]) for name, at in self.opened.items()},
            wanted,
            taken,
            sum(row.waiting for rows in topics.values() for row in rows),
            due,
        )

    async def value(self, service: str, query: str) -> Any:
        """Return one value from a service's database."""
        return await self.opened[service].pool.fetchval(query)

    async def figures(self) -> dict[str, Any]:
        """Return the counts and sums that the tables hold."""
        revenue: Decimal = await self.value("scoring", "SELECT coalesce(sum(revenue), 0) FROM customer_value_v2")
        return {
            "purchases": await self.value("scoring", "SELECT coalesce(sum(purchases), 0) FROM customer_value_v2"),
            "customers": await self.value(
                "contact", "SELECT count(*) FROM customers_v2 WHERE registered_at IS NOT NULL"
            ),
            "revenue": f"{revenue:.2f}",
            "points_issued": int(await self.value("loyalty", "SELECT coalesce(sum(earned), 0) FROM members_v2")),
            "complaints": await self.value("tickets", "SELECT count(*) FROM queue_v2"),
            "events": {name: await self.value(name, "SELECT count(*) FROM event") for name in SERVICES},
            "rows": {
                f"{name}.{view.name}": await self.value(name, f"SELECT count(*) FROM {view.table.name}")
                for name, at in self.opened.items()
                for view in at.service.views
            },
            "parked": sum([await at.parking_lot.count() for at in self.opened.values()]),
        }

    async def tiers(self) -> Sequence[tuple[str, int, Decimal]]:
        """Return (tier, customers, revenue) for each tier."""
        query = "SELECT tier, count(*), sum(value) FROM scores_v2 GROUP BY tier"
        return [tuple(row) for row in await self.opened["scoring"].pool.fetch(query)]

    async def members(self, moment: datetime) -> int:
        """Return how many members loyalty had at a moment."""
        query = "SELECT count(*) FROM members_v2 WHERE enrolled_at <= $1"
        return int(await self.opened["loyalty"].pool.fetchval(query, moment))

    async def earned(self) -> Sequence[tuple[str, str, datetime, int]]:
        """Return (member, lot, time, points) of all that was earned, each member's together and in order."""
        return [tuple(row) for row in await self.opened["loyalty"].pool.fetch(EARNED)]


class Memory:
    """The memory of all processes together: proportional set size, so that shared pages count once."""

    def __init__(self, stack: Stack) -> None:
        self._roots = [process.pid for process in stack.state.processes] + [os.getpid()]
        self._looked_at = 0.0
        self.peak_mib = 0.0

    def look(self) -> None:
        """Measure, at most once a second."""
        if time.monotonic() - self._looked_at < 1:
            return
        self._looked_at = time.monotonic()
        total = sum(_pss(process) for root in self._roots for process in _tree(root))
        self.peak_mib = max(self.peak_mib, total / 2**20)


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *(root.children(recursive=True) if pid != os.getpid() else ())]
    except psutil.NoSuchProcess:
        return []


def _pss(process: psutil.Process) -> int:
    try:
        found = process.memory_full_info()
        return int(getattr(found, "pss", found.uss))
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
