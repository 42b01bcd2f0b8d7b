"""Parts are kept running: whatever ends one, but for being asked to end, it begins again."""

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka.structs import ConsumerRecord, TopicPartition

from shared.consumers.consumer import Consumer
from shared.consumers.position import Place, Position
from shared.supervise import Abandoned, keep_running


async def test_a_part_that_fails_begins_again() -> None:
    begun = 0
    twice = asyncio.Event()

    async def part() -> None:
        nonlocal begun
        begun += 1
        if begun == 2:
            twice.set()
        raise OSError("gone")

    async with asyncio.timeout(10):
        kept = asyncio.create_task(keep_running("part", part))
        await twice.wait()
        kept.cancel()


async def test_a_part_whose_client_lets_a_cancellation_out_begins_again() -> None:
    """Found by the long run: a broken connection cancelled a consumer from inside, and nobody began it again."""
    begun = 0
    twice = asyncio.Event()

    async def part() -> None:
        nonlocal begun
        begun += 1
        if begun == 2:
            twice.set()
        inner = asyncio.create_task(asyncio.sleep(60))
        inner.cancel()
        await inner

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        kept = group.create_task(keep_running("part", part))
        await twice.wait()
        kept.cancel()


async def test_a_part_that_is_asked_to_end_ends() -> None:
    begun = asyncio.Event()

    async def part() -> None:
        begun.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(10):
        kept = asyncio.create_task(keep_running("part", part))
        await begun.wait()
        kept.cancel()
        await asyncio.wait([kept])
    assert kept.cancelled()


class Interrupted(Consumer):
    """A consumer whose batches are cancelled from inside."""

    def __init__(self) -> None:
        self._topics = ["t"]

    async def _take(self, records: object, places: object) -> None:
        inner = asyncio.create_task(asyncio.sleep(60))
        inner.cancel()
        await inner


class OneRecord:
    """Gives one record at each poll, fetches for ever, and agrees to everything else."""

    _fetcher = SimpleNamespace(_fetch_task=SimpleNamespace(done=lambda: False))

    async def getmany(self, *_: object, **__: object) -> dict[TopicPartition, list[ConsumerRecord]]:
        await asyncio.sleep(0)
        return {TopicPartition("t", 0): [ConsumerRecord("t", 0, 0, 0, 0, b"", b"", 0, 0, 0, [])]}

    async def check(self) -> None:
        pass


async def test_records_whose_batch_was_cancelled_from_inside_are_not_passed_over() -> None:
    places: dict[Place, Position] = {("t", 0): Position(1, 0, 1)}
    kafka = OneRecord()
    with pytest.raises(Abandoned):
        await Interrupted()._consume(kafka, kafka, places)  # type: ignore[arg-type] # it needs no more of a takeover
