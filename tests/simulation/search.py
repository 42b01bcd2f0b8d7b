"""Running many histories, on all cores, and making one that fails as small as it can be."""

import gc
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from queue import Empty
from typing import Any

from msgspec import Struct, structs

from tests.simulation.history import History, Outcome
from tests.simulation.plan import Plan, draw
from tests.simulation.seams import simulated

COLLECT_EVERY = 8
"""Histories between two collections of garbage: what ends with a history is tangled up in itself, and is cheapest to
free while the processor still has it at hand."""

OTHER_SEEDS = 4
"""With how many other seeds a smaller plan is tried, where its own no longer shows the failure."""


class Searched(Struct):
    """What a search came to: histories and their steps, the seeds that failed, and what failed and recovered."""

    histories: int = 0
    steps: int = 0
    failing: list[int] = []
    recovered: Counter[str] = Counter()


def run(plan: Plan, *, traced: bool = False) -> Outcome:
    """Run one history."""
    with simulated():
        return History(plan, traced=traced).run()


def search(first: int, last: int | None = None, seconds: float | None = None, step: int = 1, most: int = 1) -> Searched:
    """Run the seeds first, first + step, ... until `last`, or for so long, or until `most` of them have failed."""
    found = Searched(failing=[], recovered=Counter())
    until = None if seconds is None else time.monotonic() + seconds
    gc.collect()
    gc.freeze()  # what is here before the first history needs no look
    gc.disable()
    seed = first
    try:
        with simulated():
            while (last is None or seed < last) and (until is None or time.monotonic() < until):
                outcome = History(draw(seed)).run()
                found.histories += 1
                found.steps += outcome.steps
                found.recovered.update(outcome.failures)
                if outcome.problems:
                    found.failing.append(seed)
                    if len(found.failing) >= most:
                        break
                if found.histories % COLLECT_EVERY == 0:
                    gc.collect()
                seed += step
    finally:
        gc.enable()
        gc.unfreeze()
    return found


def search_on_all(first: int, seconds: float, processes: int, last: int | None = None) -> Searched:
    """Search in several processes at once, each with seeds of its own."""
    context = get_context("spawn")
    queue = context.Queue()
    jobs = [(queue, first + place, last, seconds, processes) for place in range(processes)]
    running = [context.Process(target=_job, args=job, daemon=True) for job in jobs]
    for process in running:
        process.start()
    total = Searched(failing=[], recovered=Counter())
    for part in _parts(queue, running):
        total.histories += part.histories
        total.steps += part.steps
        total.failing += part.failing
        total.recovered.update(part.recovered)
    for process in running:
        process.join()
    total.failing.sort()
    return total


def _job(queue: Any, first: int, last: int | None, seconds: float, step: int) -> None:
    queue.put(search(first, last, seconds, step))


def _parts(queue: Any, running: Sequence[Any]) -> Iterator[Searched]:
    left = len(running)
    while left:
        try:
            yield queue.get(timeout=1)
        except Empty:
            if not any(process.is_alive() for process in running):
                raise RuntimeError("a process of the search has ended without an answer") from None
        else:
            left -= 1


def shrink(plan: Plan) -> Plan:
    """Return the smallest plan that is found to fail as well: fewer faults, fewer commands, plainer ones."""
    while True:
        for smaller in _smaller(plan):
            failing = _failing(smaller)
            if failing is not None:
                plan = failing
                break
        else:
            return plan


def _failing(plan: Plan) -> Plan | None:
    for seed in range(plan.seed, plan.seed + OTHER_SEEDS + 1):
        tried = structs.replace(plan, seed=seed)
        if run(tried).problems:
            return tried
    return None


def _smaller(plan: Plan) -> Iterator[Plan]:
    for place in range(len(plan.faults)):
        yield structs.replace(plan, faults=plan.faults[:place] + plan.faults[place + 1 :])
    for place in range(len(plan.commands)):
        yield structs.replace(plan, commands=plan.commands[:place] + plan.commands[place + 1 :])
    for place, command in enumerate(plan.commands):
        if command.guarded or command.again or command.twice:
            plainer = structs.replace(command, guarded=False, again=False, twice=False)
            yield structs.replace(plan, commands=(*plan.commands[:place], plainer, *plan.commands[place + 1 :]))
    if plan.lying_lock:
        yield structs.replace(plan, lying_lock=False)
    if plan.mended_at is not None:
        yield structs.replace(plan, mended_at=None)
    if plan.view and plan.policy:
        yield structs.replace(plan, policy=False)
        yield structs.replace(plan, view=None)
