"""When a long stream's state is stored, off the hot path, and how a stored one is taken up again."""

import asyncio
from typing import Any, TypeVar

import msgspec

from shared.decider import Decider
from shared.store.snapshots import Folding, Snapshot, Snapshots
from shared.telemetry.log import logger

S = TypeVar("S")

EVERY = 200
"""Events of one stream between two snapshots: folding fewer costs less than reading a state."""

AT_ONCE = 2
"""Snapshots written at the same time; the others wait, since nothing waits for them."""

log = logger("snapshots")

_encode = msgspec.json.Encoder(decimal_format="string").encode


class Snapshotting:
    """Writes snapshots in the background, one at a time for a stream, and never lets anyone feel a failure."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._writing: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def find(self, decider: Decider[Any, Any, S], stream: str) -> tuple[int, S] | None:
        """Return (version, state) of the stored snapshot; None where there is none that can be used."""
        found = await self._snapshots.find(_folding(decider, stream))
        if found is None:
            return None
        try:
            return found.version, msgspec.json.decode(found.state, type=decider.state)
        except msgspec.MsgspecError as error:
            log.warning("snapshot.unreadable", decider=decider.name, error=type(error).__name__)
            return None

    def note(self, decider: Decider[Any, Any, S], stream: str, version: int, state: S) -> bool:
        """Store the state soon, unless this stream is being stored; return whether it will be. Never fails."""
        if stream in self._writing:
            return False
        task = asyncio.get_running_loop().create_task(self._write(decider, stream, version, state))
        self._writing[stream] = task
        task.add_done_callback(lambda _: self._writing.pop(stream, None))
        return True

    async def settled(self) -> None:
        """Wait until everything that was noted is stored, or has failed."""
        while self._writing:
            await asyncio.wait(list(self._writing.values()))

    async def _write(self, decider: Decider[Any, Any, S], stream: str, version: int, state: S) -> None:
        try:
            async with self._turn:
                await self._snapshots.keep(_folding(decider, stream), Snapshot(version, _encode(state)))
        except Exception as error:
            log.warning("snapshot.not-written", decider=decider.name, error=type(error).__name__)


def _folding(decider: Decider[Any, Any, Any], stream: str) -> Folding:
    return Folding(stream, decider.name, decider.fold_version)
