"""The simulated parts, set up for the suites that hold them and the real ones to one contract."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from shared.store.contract import PARTITIONS
from tests.simulation.broker import Broker
from tests.simulation.connections import Pool
from tests.simulation.database import Database, Transaction
from tests.simulation.process import Process
from tests.simulation.seams import simulated
from tests.simulation.statements import KNOWN, Statement
from tests.simulation.statements.publication import Lead
from tests.simulation.world import World

DEADLINE = 1000.0
"""Virtual seconds within which a scenario must have ended."""


def simulated_pool(*views: str, world: World | None = None) -> Pool:
    """Return a pool on an empty database in memory, with tables for these views.

    Without a world of its own everything takes no time, so that it works in any event loop.
    """
    if world is None:
        world = World(0)
        world.swiftness = 1.0
    database = Database(world)
    database.tables |= {view: {} for view in views}
    database.tables["relay_partition"] = {partition: Lead() for partition in range(PARTITIONS)}
    return Pool(database, Process(world, "test"))


async def in_a_world(scenario: Callable[[Pool], Awaitable[None]], *views: str, swiftness: float = 0.0) -> None:
    """Run the scenario in a simulated process, in a thread of its own, where calls take virtual time."""
    await asyncio.to_thread(_run, scenario, views, swiftness)


def _run(scenario: Callable[[Pool], Awaitable[None]], views: tuple[str, ...], swiftness: float) -> None:
    world = World(0)
    world.swiftness = swiftness
    world.broker = Broker(world, range(PARTITIONS))
    pool = simulated_pool(*views, world=world)
    tasks: list[Any] = []
    with simulated():
        world.post(0, pool.process, lambda: tasks.append(pool.process.create_task(_awaited(scenario, pool))))
        world.run(DEADLINE)
        done = tasks[0].done()
        error = tasks[0].exception() if done else TimeoutError("the scenario doesn't end")
        pool.process.kill()
    if error is not None:
        raise error


async def _awaited(scenario: Callable[[Pool], Awaitable[None]], pool: Pool) -> None:
    try:
        await scenario(pool)
    finally:
        pool.process.world.over = True


# What the suites ask of the database themselves.


def _totals(transaction: Transaction) -> Any:
    return list(transaction.see("totals").values())


def _most_acked(transaction: Transaction) -> Any:
    return [(max(row.acked_seq for row in transaction.see("relay_partition").values()),)]


def _seen(transaction: Transaction) -> Any:
    rows = transaction.see("consumer_position").values()
    return [(row.next_seq, row.seen_seq) for row in rows if row.seen_seq > 0]


KNOWN["SELECT stream, total, last FROM totals"] = Statement(_totals)
KNOWN["SELECT max(acked_seq) FROM relay_partition"] = Statement(_most_acked)
KNOWN["SELECT next_seq, seen_seq FROM consumer_position WHERE seen_seq > 0"] = Statement(_seen)
