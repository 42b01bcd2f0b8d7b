"""A relay in a process of its own, over some partitions of loyalty: it says when it is ready, and waits for a line."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import uvloop

from bench.place import Place
from rapport.services import load
from shared.relay.relay import Relay
from shared.runtime.pool import connect
from shared.runtime.process import calm_the_collector
from shared.store.contract import PARTITIONS
from shared.supervise import keep_running
from shared.wakeup import Wakeup

DATABASE, KAFKA, NUMBERS = "RELAY_DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "RELAY_PARTITIONS"


class RelayProcess:
    """A started relay process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    async def ready(self) -> None:
        """Wait until it could begin."""
        assert self._process.stdout
        assert (await self._process.stdout.readline()).strip() == b"ready", "the relay process didn't start"

    def go(self) -> None:
        """Let it begin."""
        assert self._process.stdin
        self._process.stdin.write(b"go\n")


@asynccontextmanager
async def relays(at: Place, database: str, shards: int) -> AsyncIterator[list[RelayProcess]]:
    """Start so many relays, each over its share of the partitions; all are ready when this yields, none has begun."""
    async with AsyncExitStack() as stack:
        started = [await stack.enter_async_context(_started(at, database, part)) for part in shares(shards)]
        for relay in started:
            await relay.ready()
        yield started


def shares(shards: int) -> list[Sequence[int]]:
    """Return which partitions each of the shards moves: as even as it goes."""
    return [range(shard, PARTITIONS, shards) for shard in range(shards)]


@asynccontextmanager
async def _started(at: Place, database: str, partitions: Sequence[int]) -> AsyncIterator[RelayProcess]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.relay_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **_environment(at, database, partitions)},
    )
    try:
        yield RelayProcess(process)
    finally:
        process.terminate()
        await process.wait()


def _environment(at: Place, database: str, partitions: Sequence[int]) -> Mapping[str, str]:
    return {DATABASE: database, KAFKA: at.bootstrap_servers, NUMBERS: ",".join(map(str, partitions))}


async def _run() -> None:
    pool = await connect(os.environ[DATABASE], size=4)
    wakeup = Wakeup(pool)
    loyalty = load("loyalty")
    partitions = [int(number) for number in os.environ[NUMBERS].split(",")]
    relay = Relay(pool, loyalty.name, loyalty.topic, partitions, os.environ[KAFKA], wakeup)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if await asyncio.to_thread(sys.stdin.readline):
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_running("relay", relay.run))
            group.create_task(keep_running("wakeup", wakeup.listen))


if __name__ == "__main__":
    calm_the_collector()
    uvloop.run(_run())
