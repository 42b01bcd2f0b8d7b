"""Two batches at once never hold the same customers: partitions of one number share a lane, whatever their topic."""

import asyncio
from collections.abc import Sequence
from itertools import chain

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from shared.consumers.consumer import _ours
from shared.consumers.lanes import BATCH, FEW, LANES, MANY, Lane, spread, take_in_lanes
from shared.consumers.position import Position
from shared.store.contract import PARTITIONS
from shared.supervise import Abandoned

TOPICS = ("a", "b", "c")


def record(topic: str, partition: int, offset: int) -> ConsumerRecord:
    return ConsumerRecord(topic, partition, offset, 0, 0, b"k", b"v", None, 1, 1, ())


def test_partitions_of_one_number_share_a_lane() -> None:
    numbers = [{place.partition for place in lane} for lane in spread(TOPICS)]
    assert set.intersection(*numbers) == set()
    assert set.union(*numbers) == set(range(PARTITIONS))


def test_each_partition_of_each_topic_is_read_by_one_lane() -> None:
    read = list(chain.from_iterable(spread(TOPICS)))
    assert sorted(read) == [TopicPartition(topic, number) for topic in TOPICS for number in range(PARTITIONS)]


def test_records_of_a_partition_keep_their_order() -> None:
    fetched = {TopicPartition("a", number): [record("a", number, offset) for offset in range(3)] for number in (0, 3)}
    taken = _ours(fetched, {("a", number): Position(1, 0, 1) for number in (0, 3)})
    assert [(item.partition, item.offset) for item in taken] == [(0, 0), (0, 1), (0, 2), (3, 0), (3, 1), (3, 2)]


def test_partitions_that_are_no_longer_ours_are_left_out() -> None:
    fetched = {TopicPartition("a", partition): [record("a", partition, 0)] for partition in (0, 1)}
    assert [item.partition for item in _ours(fetched, {("a", 1): Position(1, 0, 1)})] == [1]


class Taking:
    """Takes batches, of one record where nothing else is said, until it has taken so many from a lane of all."""

    def __init__(self, alone: Sequence[int], of_first_lane: Sequence[int] = ()) -> None:
        self._sizes = {WHOLE: list(alone), WHOLE // LANES: list(of_first_lane)}
        self.widths: list[int] = []
        self._under_way: set[TopicPartition] = set()

    async def take(self, lane: Lane) -> int:
        """Return the size of the lane's next batch. Raises EOFError when nothing is said of a lane of all any more."""
        assert not self._under_way & set(lane.partitions), "a partition is in two batches at once"
        width = len(lane.partitions)
        self.widths.append(width)
        self._under_way |= set(lane.partitions)
        await asyncio.sleep(0)
        self._under_way -= set(lane.partitions)
        sizes = self._sizes[width]
        if width == WHOLE and not sizes:
            raise EOFError
        return sizes.pop(0) if sizes and lane.partitions[0].partition == 0 else 1


WHOLE = len(TOPICS) * PARTITIONS
THIRD = WHOLE // LANES


async def widths(taking: Taking) -> Sequence[int]:
    with pytest.raises(EOFError):
        await take_in_lanes(TOPICS, taking.take)
    return taking.widths


async def test_little_is_taken_in_one_lane() -> None:
    assert await widths(Taking([MANY - 1] * 4)) == [WHOLE] * 5


async def test_much_is_taken_in_several_lanes_until_none_of_them_has_much() -> None:
    found = await widths(Taking([BATCH, 1], of_first_lane=[BATCH, FEW, FEW - 1]))
    assert (found[0], found[-2:]) == (WHOLE, [WHOLE, WHOLE])
    assert set(found[1:-2]) == {THIRD}
    assert len(found[1:-2]) >= LANES + 2


async def test_what_fails_in_one_lane_ends_all() -> None:
    async def take(lane: Lane) -> int:
        if len(lane.partitions) == WHOLE:
            return MANY
        if lane.partitions[0].partition == 0:
            raise LookupError
        await asyncio.sleep(0)
        return BATCH

    with pytest.raises(ExceptionGroup, match="unhandled errors"):
        async with asyncio.timeout(10):
            await take_in_lanes(TOPICS, take)


async def test_a_lane_that_was_cancelled_from_inside_fails() -> None:
    async def take(lane: Lane) -> int:
        if lane.partitions[0].partition == 1:
            raise asyncio.CancelledError
        await asyncio.sleep(0)
        return BATCH

    with pytest.raises(ExceptionGroup) as failed:
        async with asyncio.timeout(10):
            await take_in_lanes(TOPICS, take)
    assert failed.value.subgroup(Abandoned)
