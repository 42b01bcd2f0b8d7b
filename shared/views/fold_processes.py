"""The first round of a rebuild on every core: worker processes fold and copy partitions of their own."""

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import NamedTuple

import uvloop

from shared.errors import Rejected
from shared.runtime.pool import connect
from shared.runtime.process import calm_the_collector
from shared.service import Service
from shared.store.contract import PARTITIONS
from shared.views.first_fold import Folded, Tell, fold_partitions
from shared.views.past import past, view_named
from shared.views.places import LeftOut, Places

PAYS = 300_000
"""Events from which on starting processes costs less than it saves: each imports the service first."""


class Where(NamedTuple):
    """Where a service's views are rebuilt: its database, Kafka, and how other processes declare the service.

    `declared` must be picklable; without it all happens in this process.
    `processes` is how many fold at once; None: as many as there are cores, when that pays.
    """

    database_url: str
    bootstrap_servers: str
    declared: Callable[[], Service] | None = None
    processes: int | None = None


class _Job(NamedTuple):
    where: Where
    view: str
    table: str
    partitions: Sequence[int]
    places: Places
    left_out: LeftOut


def processes_for(numbers: int, where: Where) -> int:
    """Return how many processes shall fold so many events."""
    if where.declared is None:
        return 1
    if where.processes is not None:
        return min(where.processes, PARTITIONS)
    return min(os.cpu_count() or 1, PARTITIONS) if numbers >= PAYS else 1


async def fold_in_processes(
    where: Where, view: str, table: str, processes: int, places: Places, left_out: LeftOut, tell: Tell
) -> Folded:
    """Do what `fold_partitions` does, in so many processes. They end with this one, however it ends."""
    jobs = [
        _Job(where, view, table, range(start, PARTITIONS, processes), places, left_out) for start in range(processes)
    ]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_followed(job, tell)) for job in jobs]
    parts = [task.result() for task in tasks]
    aside = [item for part in parts for item in part.aside]
    return Folded(sum(part.rows for part in parts), sum(part.events for part in parts), aside)


async def _followed(job: _Job, tell: Tell) -> Folded:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, job), daemon=True)
    process.start()
    theirs.close()
    try:
        while True:
            match await asyncio.to_thread(ours.recv):
                case Folded() as folded:
                    return folded
                case (int() as passed, int() as events):
                    tell(passed, events)
                case str() as reason:
                    raise Rejected("fold-failed", reason)
    except EOFError:
        raise Rejected("fold-failed", f"a process that folded {job.view} has died: see the system's log") from None
    finally:
        process.kill()
        ours.close()


def _work(pipe: Connection, job: _Job) -> None:
    calm_the_collector()
    try:
        pipe.send(uvloop.run(_fold(pipe, job)))
    except (BrokenPipeError, KeyboardInterrupt):
        return  # the rebuild has ended without us
    except Exception as error:
        pipe.send(str(error) if isinstance(error, Rejected) else repr(error))


async def _fold(pipe: Connection, job: _Job) -> Folded:
    assert job.where.declared is not None  # noqa: S101 - there is no process without it
    service = job.where.declared()
    view = view_named(service, job.view)
    pool = await connect(job.where.database_url, size=2, command_timeout=None)
    try:
        async with past(service, [view], pool, job.where.bootstrap_servers) as read:
            return await fold_partitions(
                read,
                view,
                job.table,
                pool,
                job.partitions,
                job.places,
                job.left_out,
                lambda passed, events: pipe.send((passed, events)),
            )
    finally:
        await pool.close()
