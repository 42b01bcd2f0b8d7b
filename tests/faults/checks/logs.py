"""Logs and topics, event by event: dense streams, gap-free numbers, each number one event, in the streams' order."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.faults.facts import Event, Facts, Record, ServiceFacts
from tests.faults.finding import Finding, Kind, history
from tests.faults.ledger import Entry


class Told:
    """Finds the commands behind an event, for its history."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._by_stream: dict[str, list[Entry]] = defaultdict(list)
        for entry in facts.entries:
            self._by_stream[entry.stream or entry.effect.value].append(entry)

    def __call__(self, events: Sequence[Event], seen: Sequence[str]) -> tuple[str, ...]:
        """Return the shortest history of these events."""
        near = []
        for event in events:
            of = self._by_stream.get(event.stream, ())
            near += [entry for entry in of if entry.version in (None, event.version)]
        return history(self._facts, near, seen)


def check_streams(facts: Facts) -> Iterator[Finding]:
    """Look whether each stream's versions are 1, 2, 3, ... and stand in the log in that order."""
    told = Told(facts)
    for name, service in facts.services.items():
        streams: dict[str, list[Event]] = defaultdict(list)
        for event in sorted(service.events, key=lambda event: event.position):
            streams[event.stream].append(event)
        for stream, events in streams.items():
            versions = [event.version for event in events]
            seen = [f"{name}'s log has {event.id} at position {event.position}" for event in events[:12]]
            if len(set(versions)) < len(versions):
                twice, _ = Counter(versions).most_common(1)[0]
                yield Finding(Kind.DOUBLED, f"{name}: {stream}@{twice} stands in the log twice", told(events, seen))
            if missing := set(range(1, max(versions) + 1)) - set(versions):
                said = f"{name}: {stream} lacks version {min(missing)} of {max(versions)}"
                yield Finding(Kind.LOST, said, told(events, seen))
            elif versions != sorted(versions):
                yield Finding(Kind.REORDERED, f"{name}: {stream} stands out of order", told(events, seen))


def check_numbers(facts: Facts) -> Iterator[Finding]:
    """Look whether each event was given exactly one number, and those of a stream in its order."""
    told = Told(facts)
    for name, service in facts.services.items():
        by_position = {event.position: event for event in service.events}
        given = Counter(position for positions in service.numbers.values() for position in positions)
        for event in service.events:
            if given[event.position] == 0:
                yield Finding(Kind.LOST, f"{name}: {event.id} was given no number", told([event], ()))
            elif given[event.position] > 1:
                said = f"{name}: {event.id} was given {given[event.position]} numbers"
                yield Finding(Kind.DOUBLED, said, told([event], ()))
        for position in set(given) - set(by_position):
            yield Finding(Kind.LOST, f"{name}: position {position} has a number, and no event")
        for partition, positions in service.numbers.items():
            yield from _out_of_order(name, partition, [by_position[p] for p in positions if p in by_position], told)


def _out_of_order(name: str, partition: int, events: Sequence[Event], told: Told) -> Iterator[Finding]:
    last: dict[str, Event] = {}
    for event in events:
        before = last.get(event.stream)
        if before and before.version > event.version:
            said = f"{name}: in partition {partition}, {event.id} was numbered after {before.id}"
            yield Finding(Kind.REORDERED, said, told([event, before], ()))
        last[event.stream] = event


def check_topics(facts: Facts) -> Iterator[Finding]:
    """Read each topic as a consumer does, and look whether it brings every number's own event, and nothing else."""
    told = Told(facts)
    for name, service in facts.services.items():
        by_position = {event.position: event for event in service.events}
        records: dict[int, list[Record]] = defaultdict(list)
        for record in sorted(service.records, key=lambda record: record.offset):
            records[record.partition].append(record)
        for partition, positions in service.numbers.items():
            events = {n: by_position[p] for n, p in enumerate(positions, 1) if p in by_position}
            yield from _partition(f"{name}, partition {partition}", events, records.pop(partition, []), told)
        for partition, surplus in records.items():
            said = f"{name}, partition {partition}: the topic holds {len(surplus)} records of which the log knows none"
            yield Finding(Kind.LOST, said)


def _partition(where: str, events: Mapping[int, Event], records: Sequence[Record], told: Told) -> Iterator[Finding]:
    expected = 1
    numbers = {event.id: number for number, event in events.items()}
    for record in records:
        event = events.get(record.number)
        if event is None:
            said = f"{where}: the topic has number {record.number} ({record.id}), which the log never gave"
            yield Finding(Kind.LOST, said)
        elif record.id != event.id:
            seen = [f"offset {record.offset} has number {record.number}: {record.id}", f"the log says {event.id}"]
            kind = Kind.REORDERED if record.id in numbers else Kind.LOST
            yield Finding(kind, f"{where}: number {record.number} is another event", told([event], seen))
        elif (record.type, record.data) != (event.full_type, event.data):
            seen = [f"the topic has {record.data[:160]}", f"the log has {event.data[:160]}"]
            yield Finding(Kind.LOST, f"{where}: {event.id} differs in the topic", told([event], seen))
        if record.number == expected:
            expected += 1
    for number in range(expected, max(events, default=0) + 1):
        if number not in events:
            continue
        seen = [f"numbers that the topic brings in order end at {expected - 1} of {max(events)}"]
        yield Finding(Kind.LOST, f"{where}: {events[number].id} isn't in the topic", told([events[number]], seen))
        break


def check_touchpoints(facts: Facts) -> Iterator[Finding]:
    """Look whether Kafka still has what it acknowledged of the load."""
    held = {touched.key for touched in facts.touchpoints}
    for entry in () if facts.cut else facts.entries:
        if not entry.method and entry.attempts and entry.attempts[-1].said == "acks=all" and entry.key not in held:
            said = f"{entry.kind} {entry.key} was acknowledged by Kafka, and isn't in its topic"
            yield Finding(Kind.LOST, said, history(facts, [entry]))


def numbered(service: ServiceFacts) -> int:
    """Return how many events have been given a number."""
    return sum(map(len, service.numbers.values()))
