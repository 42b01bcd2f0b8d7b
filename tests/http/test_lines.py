"""Requests in a line are decided one behind the other and stored by one append; each gets its own answer or refusal."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import pytest

from shared.errors import Conflict, Rejected
from shared.handle import Handler
from shared.http.answer import Answer
from shared.http.lines import MOST, Lines
from shared.policies.work import WorkingSet
from shared.store.contract import Append, KeyUsed, Once, Recorded
from shared.store.memory import InMemoryEventStore
from shared.testing.sample import CONTEXT, COUNTER, NOW, PUBLISHED, Raise, raised

Decide = Callable[[WorkingSet], Answer]


class Counted(InMemoryEventStore):
    """Counts appends and events read; before the appends that `others` says, another process writes to the counter."""

    def __init__(self) -> None:
        super().__init__(PUBLISHED, clock=lambda: NOW)
        self.appends = 0
        self.read_events = 0
        self.others = 0
        self.before_read: str | None = None

    async def append(self, *appends: Append, once: Once | Sequence[Once] | None = None) -> Sequence[int]:
        await asyncio.sleep(0)
        if self.others:
            self.others -= 1
            await super().append(raised("counter-a", 1, expected=len(await self.read("counter-a"))))
        versions = await super().append(*appends, once=once)
        self.appends += 1
        return versions

    async def read_many(
        self, streams: Sequence[str], *, after: Mapping[str, int] | None = None
    ) -> Mapping[str, Sequence[Recorded]]:
        if self.before_read in streams:
            self.before_read = None
            await super().append(raised("counter-a", 1), raised("counter-b", 1))
        found = await super().read_many(streams, after=after)
        self.read_events += sum(map(len, found.values()))
        return found


class World:
    def __init__(self) -> None:
        self.store = Counted()
        self.lines = Lines(self.store, Handler(self.store))

    async def raise_(self, by: int, key: str | None = None) -> Answer:
        """Raise the counter, and answer what it is then."""

        def decide(work: WorkingSet) -> Answer:
            work.handle(COUNTER, "counter-sum", Raise(by // 2), subject="a", context=CONTEXT)
            work.handle(COUNTER, "counter-a", Raise(by), subject="a", context=CONTEXT)
            return Answer(work.state(COUNTER, "counter-a"))

        once = Once(key, "same", b"{}", NOW.replace(year=2027)) if key else None
        return await self.lines.served("a", ["counter-a", "counter-sum"], [], decide, lambda _: once, NOW)

    async def total(self) -> int:
        return COUNTER.fold(item.event for item in await self.store.read("counter-a"))


@pytest.fixture
def world() -> World:
    return World()


async def test_those_who_wait_are_decided_in_their_order_by_one_append(world: World) -> None:
    answers = await asyncio.gather(*(world.raise_(1) for _ in range(1 + MOST)))
    assert [answer.body for answer in answers] == [*range(1, MOST + 2)]
    assert world.store.appends == 2  # the first finds nobody in front; who came meanwhile goes together


async def test_who_is_refused_takes_nothing_from_the_others(world: World) -> None:
    found = await asyncio.gather(*(world.raise_(by) for by in (600, 600, 300)), return_exceptions=True)
    assert [type(item) for item in found] == [Answer, Rejected, Answer]
    assert await world.total() == 900
    assert COUNTER.fold(item.event for item in await world.store.read("counter-sum")) == 450


async def test_what_another_process_wrote_meanwhile_lets_all_be_decided_again(world: World) -> None:
    world.store.others = 3
    answers = await asyncio.gather(*(world.raise_(1) for _ in range(5)))
    assert await world.total() == 8
    assert [answer.body for answer in answers] == sorted({answer.body for answer in answers})


async def test_nobody_is_refused_for_what_never_was_so(world: World) -> None:
    """Another process raises both counters between the two reads: as one read them, they never differed."""

    def decide(work: WorkingSet) -> Answer:
        totals = {work.state(COUNTER, "counter-a"), work.state(COUNTER, "counter-b")}
        if len(totals) > 1:
            raise Rejected("differ", "The counters differ.")
        return Answer(totals.pop())

    world.store.before_read = "counter-b"
    answer = await world.lines.served("a", ["counter-a"], [], decide, lambda _: None, NOW)
    assert answer.body == 1


async def test_whoever_always_comes_too_late_learns_of_it(world: World) -> None:
    world.store.others = 1000
    with pytest.raises(Conflict):
        await world.raise_(1)


async def test_a_key_that_was_used_refuses_its_own_request_alone(world: World) -> None:
    await world.raise_(1, "k1")
    found = await asyncio.gather(
        *(world.raise_(by, key) for by, key in ((10, "k2"), (20, "k1"), (30, "k3"))), return_exceptions=True
    )
    assert [type(item) for item in found] == [Answer, KeyUsed, Answer]
    assert await world.total() == 41


async def test_one_key_twice_at_once_counts_once(world: World) -> None:
    found = await asyncio.gather(*(world.raise_(1, "k1") for _ in range(4)), return_exceptions=True)
    assert sorted(type(item).__name__ for item in found) == ["Answer", "KeyUsed", "KeyUsed", "KeyUsed"]
    assert await world.total() == 1


async def test_an_outage_is_everyones_and_the_line_goes_on_afterwards(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def out(*_: object, **__: object) -> None:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(world.store, "read_many", out)
        found = await asyncio.gather(*(world.raise_(1) for _ in range(3)), return_exceptions=True)
    assert {type(item) for item in found} == {OSError}
    assert (await world.raise_(1)).body == 1


async def test_who_has_gone_is_not_decided_for(world: World) -> None:
    gone = [asyncio.create_task(world.raise_(100)) for _ in range(3)]
    await asyncio.sleep(0)
    for task in gone[1:]:
        task.cancel()
    await asyncio.wait(gone)
    assert (await world.raise_(1)).body in (101, 201, 301)
    assert await world.total() == 101


async def test_a_long_stream_is_read_once(world: World) -> None:
    for _ in range(50):
        await world.raise_(1)
    assert world.store.read_events == 0, "what was appended here is known"
    other = World()
    other.store = world.store
    other.lines = Lines(world.store, Handler(world.store))
    for _ in range(3):
        await other.raise_(1)
    assert world.store.read_events == 50
