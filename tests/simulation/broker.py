"""A Kafka in memory: partitions that are appended to, and groups that share them out among their members."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Protocol

from aiokafka import TopicPartition
from msgspec import Struct

from tests.simulation.process import Process
from tests.simulation.world import World

SESSION_SECONDS = 1.0
"""A member that isn't heard for so long is out of its group."""


place_of = cache(TopicPartition)
"""The same place for the same topic and number: most are asked for again and again."""


class Record(Struct, frozen=True, gc=False):
    """A record as a consumer gets it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


class Member(Protocol):
    """A consumer in a group."""

    process: Process

    def rebalanced(self, generation: int) -> None:
        """Learn that the group has shared out anew; the member asks for its part when it comes to it."""
        ...

    def waits_for(self, place: TopicPartition) -> bool:
        """Tell whether it waits for records of this partition."""
        ...

    def wake(self) -> None:
        """Look again whether there is something to read."""
        ...

    def rejoin(self) -> None:
        """Join again, unless it has ended."""
        ...


class Group:
    """Who consumes together, and who has which partition in which generation."""

    def __init__(self, broker: "Broker", name: str, topics: Sequence[str]) -> None:
        self._broker = broker
        self.name = name
        self._topics = topics
        self.members: dict[Member, None] = {}
        self.generation = 0
        self.shares: dict[Member, list[TopicPartition]] = {}

    def join(self, member: Member) -> None:
        """Take the member in, and share out anew."""
        self.members[member] = None
        self.share_out()

    def leave(self, member: Member) -> None:
        """Let it go, and share out anew."""
        if self.members.pop(member, 0) is None:
            self.share_out()

    def share_out(self) -> None:
        """Give each member its part of the partitions, in an order drawn anew, and tell it."""
        self.generation += 1
        members = list(self.members)
        self._broker.world.chance.shuffle(members)
        self.shares = {member: [] for member in members}
        for topic in self._topics if members else ():
            for place, partition in enumerate(self._broker.partitions):
                self.shares[members[place % len(members)]].append(place_of(topic, partition))
        if self._broker.world.trace is not None:
            shares = [f"{m.process.name} {[p.partition for p in share]}" for m, share in self.shares.items()]
            self._broker.world.tell("kafka", f"{self.name}, generation {self.generation}: {', '.join(shares)}")
        for member in members:
            self._broker.world.later(member.process, member.rebalanced, self.generation)


class Broker:
    """One cluster with one topic a name; what it has acknowledged it keeps, unless its plan says that it loses it."""

    def __init__(self, world: World, partitions: Sequence[int]) -> None:
        self.world = world
        self.partitions = tuple(partitions)
        self.logs: dict[TopicPartition, list[Record]] = {}
        self.groups: dict[str, Group] = {}
        self.faults: list[str] = []
        """What becomes of the next batches: lost, unacknowledged, or doubled."""
        self._forgotten: list[Member] = []

    def log(self, place: TopicPartition) -> list[Record]:
        """Return the records of a partition; it begins empty."""
        return self.logs.setdefault(place, [])

    def append(self, place: TopicPartition, messages: Sequence[tuple[Any, ...]]) -> int:
        """Write a batch; return the offset of its first record. Whoever waits for records learns of it."""
        log = self.log(place)
        first = len(log)
        for offset, (key, value, timestamp, headers) in enumerate(messages, start=first):
            log.append(Record(place.topic, place.partition, offset, timestamp, key, value, headers))
        if self.world.trace is not None:
            ids = [
                f"{h['ce_partitionseq'].decode()}={h['ce_id'].decode()}" for h in (dict(item[3]) for item in messages)
            ]
            self.world.tell("kafka", f"partition {place.partition} from offset {first}: {' '.join(ids)}")
        for group in self.groups.values():
            for member in group.members:
                if member.waits_for(place):
                    self.world.later(member.process, member.wake)
        return first

    def lose_tail(self, place: TopicPartition, count: int) -> int:
        """Lose the last records of a partition; return how many there were. Their offsets will be used again."""
        log = self.log(place)
        lost = log[max(0, len(log) - count) :]
        del log[len(log) - len(lost) :]
        return len(lost)

    def group(self, name: str, topics: Sequence[str]) -> Group:
        """Return the group of this name."""
        return self.groups.setdefault(name, Group(self, name, topics))

    def unheard(self, process: Process) -> None:
        """Put a process that is silent for too long out of its groups, if it is still silent then."""
        since = process.frozen_since

        def out() -> None:
            if process.dead or (since is not None and process.frozen_since == since):
                self.remove(lambda member: member.process is process)

        self.world.post(SESSION_SECONDS, None, out)

    def remove(self, which: Callable[[Member], bool]) -> None:
        """Let members go whose sessions have ended."""
        for group in self.groups.values():
            for member in [member for member in group.members if which(member)]:
                group.leave(member)
                self._forgotten.append(member)

    def heard_again(self, process: Process) -> None:
        """A process goes on: its members that are out of their groups learn it at their next heartbeat, and join."""
        back = [member for member in self._forgotten if member.process is process]
        self._forgotten = [member for member in self._forgotten if member not in back]
        for member in back:
            self.world.post(20 * self.world.delay(), process, member.rejoin)
