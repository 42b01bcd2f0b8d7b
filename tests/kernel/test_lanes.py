"""Two batches at once never hold the same customers: partitions of one number share a lane, whatever their topic."""

from itertools import chain

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from shared.consumers.consumer import LANES, _ours, _partitions
from shared.consumers.position import Position
from shared.store.contract import PARTITIONS

TOPICS = ("a", "b", "c")


def record(topic: str, partition: int, offset: int) -> ConsumerRecord:
    return ConsumerRecord(topic, partition, offset, 0, 0, b"k", b"v", None, 1, 1, ())


def test_partitions_of_one_number_share_a_lane() -> None:
    numbers = [{place.partition for place in _partitions(lane, TOPICS)} for lane in range(LANES)]
    assert set.intersection(*numbers) == set()
    assert set.union(*numbers) == set(range(PARTITIONS))


def test_each_partition_of_each_topic_is_read_by_one_lane() -> None:
    read = list(chain.from_iterable(_partitions(lane, TOPICS) for lane in range(LANES)))
    assert sorted(read) == [TopicPartition(topic, number) for topic in TOPICS for number in range(PARTITIONS)]


def test_records_of_a_partition_keep_their_order() -> None:
    fetched = {TopicPartition("a", number): [record("a", number, offset) for offset in range(3)] for number in (0, 3)}
    taken = _ours(fetched, {("a", number): Position(1, 0, 1) for number in (0, 3)})
    assert [(item.partition, item.offset) for item in taken] == [(0, 0), (0, 1), (0, 2), (3, 0), (3, 1), (3, 2)]


def test_partitions_that_are_no_longer_ours_are_left_out() -> None:
    fetched = {TopicPartition("a", partition): [record("a", partition, 0)] for partition in (0, 1)}
    assert [item.partition for item in _ours(fetched, {("a", 1): Position(1, 0, 1)})] == [1]
