"""Lanes: a consumer takes its partitions as one lane while there is little to take, and as several while there is much.

A batch costs a transaction and its round trips however little is in it, so a light load is cheapest in one lane.
Under a heavy one, the database works on one lane's batch while this process works on another's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from aiokafka import TopicPartition

from shared.pace import Pace
from shared.store.contract import PARTITIONS
from shared.supervise import whole

BATCH = 1000
"""Most records in one transaction: a commit for each event would cost many times what folding it does."""

LANES = 3
"""Batches at once, of different partitions."""

MANY = 500
"""Once one lane's batch has so many records, the partitions are spread over several."""

FEW = 100
"""Once every lane's last batch had fewer records, one lane takes all partitions again."""

PACE_SECONDS = 0.015
"""The least time from a lane's batch to its next, unless it was full: how much later a list may be for it."""

RESTS = 3.0
"""How many times as long as a batch took its lane rests, unless it was full: a busy machine gets larger batches."""

WAIT_MILLISECONDS = 500
"""How long a read waits for the first record; it answers as soon as there is one."""

BESIDE_OTHERS_MILLISECONDS = 20
"""The same beside other lanes: they stop together, so none may keep the others waiting."""


class Lane:
    """Some partitions, how long a read of them waits, and the pace of their batches."""

    def __init__(self, partitions: Sequence[TopicPartition], wait_milliseconds: int) -> None:
        self.partitions = partitions
        self.wait_milliseconds = wait_milliseconds
        self.pace = Pace(PACE_SECONDS, RESTS)


async def take_in_lanes(topics: Sequence[str], take: Callable[[Lane], Awaitable[int]]) -> None:
    """Have `take` read and handle one batch of a lane after the other, without end; it returns how many records it had.

    No two batches of one partition are ever under way together. What `take` raises ends all lanes.
    """
    alone = Lane(_partitions(range(PARTITIONS), topics), WAIT_MILLISECONDS)
    lanes = [Lane(partitions, BESIDE_OTHERS_MILLISECONDS) for partitions in spread(topics)]
    while True:
        if await _paced(alone, take) >= MANY:
            await _side_by_side(lanes, take)


def spread(topics: Sequence[str]) -> list[list[TopicPartition]]:
    """Return the partitions of each lane.

    Partitions of one number, whatever their topic, hold the same customers and
    stay in one lane: two transactions must not fold the same row at once.
    """
    return [_partitions(range(lane, PARTITIONS, LANES), topics) for lane in range(LANES)]


async def _side_by_side(lanes: Sequence[Lane], take: Callable[[Lane], Awaitable[int]]) -> None:
    """Take from all lanes at once until none has much left."""
    busy = set(lanes)

    async def run(lane: Lane) -> None:
        while busy:
            (busy.add if await _paced(lane, take) >= FEW else busy.discard)(lane)

    async with asyncio.TaskGroup() as group:
        for lane in lanes:
            # A group passes over a task that was cancelled from inside, and the lane's records would be too.
            group.create_task(whole(partial(run, lane)))


async def _paced(lane: Lane, take: Callable[[Lane], Awaitable[int]]) -> int:
    taken = await take(lane)
    await lane.pace.keep(full=taken >= BATCH)
    return taken


def _partitions(numbers: Sequence[int], topics: Sequence[str]) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for topic in topics for number in numbers]
