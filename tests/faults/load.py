"""The load: commands begun at a steady rate, whether or not the ones before were answered (open loop)."""

import asyncio
from random import Random

from tests.faults.commands import Commands
from tests.faults.doors import Doors
from tests.faults.ledger import Entry, Ledger, Outcome
from tests.faults.plan import Plan

AT_ONCE = 0.5
"""Of the commands whose outcome is unknown, the share that is sent again soon; the others wait until the end."""


class Load:
    """Runs beside the steps, until told that these are done."""

    def __init__(self, plan: Plan, ledger: Ledger, doors: Doors, *, mark: str) -> None:
        self._plan = plan.load
        self._ledger = ledger
        self._doors = doors
        self._random = Random(plan.seed + 1)
        self.commands = Commands(ledger, plan.load, seed=plan.seed, mark=mark)

    async def run(self, enough: asyncio.Event) -> None:
        """Begin commands for as long as the plan says, and until `enough` is set; return when all have ended."""
        loop = asyncio.get_running_loop()
        begin, due = loop.time(), loop.time()
        async with asyncio.TaskGroup() as group:
            while not enough.is_set() or loop.time() < begin + self._plan.seconds:
                group.create_task(self._one(self.commands.next()))
                due = max(due + 1 / self._plan.rate, loop.time() - 1)
                await asyncio.sleep(max(0, due - loop.time()))

    async def _one(self, entry: Entry) -> None:
        again = self._random.random() < AT_ONCE
        pause = self._random.uniform(0.1, 1.0)
        self._ledger.begin(entry)
        await self._doors.send(entry)
        if entry.outcome is Outcome.UNKNOWN and again:
            await asyncio.sleep(pause)
            await self._doors.send(entry)
