"""The replay: publish, and watch until everything that follows has been done."""

import asyncio
import time
from collections.abc import AsyncIterator

import rich.progress as bars
from msgspec import Struct

from rapport.demo import log
from rapport.demo.ask import Services
from rapport.demo.measure import Measured, Memory, Progress
from rapport.demo.publish import publish
from rapport.output import errors
from rapport.services import SERVICES

LOOK_SECONDS = 0.25
PATIENCE_SECONDS = 600


class Replayed(Struct):
    """How the replay went. `pace`: (seconds, touchpoints recorded) as it was watched."""

    touchpoints: int = 0
    publishing_seconds: float = 0.0
    caught_up_seconds: float = 0.0
    scoring_seconds: float = 0.0
    pace: list[tuple[float, int]] = []


async def replay(measured: Measured, memory: Memory, bootstrap_servers: str) -> Replayed:
    """Publish the whole log and return when all services have caught up."""
    messages = list(log.messages(log.purchases()))
    before = (await measured.progress()).touchpoints
    replayed = Replayed(touchpoints=len(messages))
    with _progress() as progress:
        published = progress.add_task("published", total=len(messages))
        recorded = progress.add_task("recorded", total=len(messages))
        services = {name: progress.add_task(name, total=None) for name in SERVICES}
        start = time.perf_counter()

        async def send() -> None:
            await publish(bootstrap_servers, messages, lambda count: progress.advance(published, count))
            replayed.publishing_seconds = time.perf_counter() - start

        sending = asyncio.create_task(send())
        async for found in _watch(measured, memory):
            now = time.perf_counter() - start
            replayed.pace.append((now, found.touchpoints - before))
            progress.update(recorded, completed=found.touchpoints - before)
            for name, task in services.items():
                progress.update(task, completed=found.taken[name], total=max(found.wanted[name], 1))
            if sending.done() and found.caught_up(before + len(messages)):
                replayed.caught_up_seconds = now
                break
        await sending
    return replayed


async def score(services: Services, measured: Measured, memory: Memory) -> float:
    """Run the scoring, and return the seconds until every service shows its result."""
    start = time.perf_counter()
    run = await services.post("scoring", "/v1/runs", {})
    found = run
    while found["status"] == "running":
        await asyncio.sleep(LOOK_SECONDS)
        found = await services.get("scoring", f"/v1/runs/{run['run_id']}")
    if found["status"] == "failed":
        raise ValueError(f"The scoring run failed: {found['failed']['reason']}")
    await settled(measured, memory)
    return time.perf_counter() - start


async def settled(measured: Measured, memory: Memory) -> None:
    """Return when every service shows all that was decided."""
    async for progress in _watch(measured, memory):
        if progress.caught_up(progress.touchpoints):
            break


async def _watch(measured: Measured, memory: Memory) -> AsyncIterator[Progress]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
        memory.look()
        yield await measured.progress()
    raise TimeoutError(f"Not caught up within {PATIENCE_SECONDS} s: see `rapport doctor` and the logs.")


def _progress() -> bars.Progress:
    return bars.Progress(
        bars.TextColumn("{task.description:10}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
        console=errors,
        disable=not errors.is_terminal,
    )
