"""Two batches at once never hold the same customers: partitions of one number share a lane, whatever their topic."""

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from shared.consumers.consumer import LANES, _lanes
from shared.consumers.position import Position
from shared.store.contract import PARTITIONS


def record(topic: str, partition: int, offset: int) -> ConsumerRecord:
    return ConsumerRecord(topic, partition, offset, 0, 0, b"k", b"v", None, 1, 1, ())


def test_partitions_of_one_number_share_a_lane_and_keep_their_order() -> None:
    fetched = {
        TopicPartition(topic, partition): [record(topic, partition, offset) for offset in range(1 + partition % 4)]
        for topic in ("a", "b", "c")
        for partition in range(PARTITIONS)
    }
    places = {(place.topic, place.partition): Position(1, 0, 1) for place in fetched}
    lanes = _lanes(fetched, places)
    assert len(lanes) == LANES
    numbers = [{item.partition for item in lane} for lane in lanes]
    assert set.intersection(*numbers) == set()
    assert set.union(*numbers) == set(range(PARTITIONS))
    for lane in lanes:
        for place, records in fetched.items():
            offsets = [item.offset for item in lane if (item.topic, item.partition) == (place.topic, place.partition)]
            assert offsets in ([], list(range(len(records))))


def test_partitions_that_are_no_longer_ours_are_left_out() -> None:
    fetched = {TopicPartition("a", partition): [record("a", partition, 0)] for partition in (0, 1)}
    lanes = _lanes(fetched, {("a", 1): Position(1, 0, 1)})
    assert [[item.partition for item in lane] for lane in lanes] == [[1]]
