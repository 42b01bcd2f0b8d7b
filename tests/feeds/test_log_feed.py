"""A service's log as a feed: everything once and in order, across any break; and no listener holds up another."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.feeds import feed as feeds_feed
from shared.feeds import tail as feeds_tail
from shared.http import feed as http_feed
from shared.http import gate
from shared.http.auth import development_token
from shared.store.contract import PARTITIONS
from shared.store.postgres import PostgresEventStore
from shared.testing import sample
from tests.feeds.conftest import HEADERS, TOKEN, Log
from tests.feeds.listening import listening


async def test_a_listener_hears_what_comes_in_full(log: Log) -> None:
    await log.append(3)
    async with log.listen() as heard:
        assert heard.response.headers["content-type"].startswith("text/event-stream")
        assert await heard.hear(0) == []
        await log.append()
        await heard.hear(1)
        event = heard.events[0]
        assert (event["id"], event["service"], event["type"], event["subject"]) == ("s4@1", "sample", "raised.v1", "s4")
        assert event["data"] == {"by": 1}
        assert event["occurred_at"] == event["recorded_at"] == "2026-01-05T09:30:00Z"


async def test_from_0_a_feed_tells_everything_and_goes_on(log: Log) -> None:
    before = await log.append(30)
    async with log.listen("0") as heard:
        assert sorted(await heard.hear(30)) == sorted(before)
        after = await log.append(2)
        assert sorted((await heard.hear(32))[30:]) == sorted(after)


async def test_a_feed_resumes_behind_any_event_without_a_gap_or_a_repeat(log: Log) -> None:
    await log.append(20)
    async with log.listen("0") as heard:
        everything = await heard.hear(20)
    for cut in range(20):
        async with log.listen(heard.ids[cut]) as resumed:
            assert await resumed.hear(19 - cut) == everything[cut + 1 :]


async def test_a_feed_that_heard_nothing_yet_resumes_where_it_began(log: Log) -> None:
    await log.append(2)
    async with log.listen() as heard:
        began = heard.last_id
    missed = await log.append(2)
    async with log.listen(began) as resumed:
        assert sorted(await resumed.hear(2)) == sorted(missed)


async def test_under_concurrent_writes_and_breaks_everything_comes_once_and_in_each_partition_s_order(log: Log) -> None:
    writing = asyncio.create_task(_write(log, 400))
    heard: list[dict[str, Any]] = []
    last: str | None = "0"
    while len(heard) < 400:
        async with log.listen(last) as part:
            await part.hear(min(37, 400 - len(heard)), seconds=20)
            heard += part.events
            last = part.last_id
    await writing
    assert len({event["id"] for event in heard}) == len(heard) == 400
    numbered = [name async for name in _published(log)]
    order = {name: place for place, name in enumerate(numbered)}
    by_partition: dict[int, list[int]] = {}
    for event in heard:
        stored = (await log.store.read(event["id"].partition("@")[0]))[0]
        by_partition.setdefault(stored.partition, []).append(order[event["id"]])
    assert all(places == sorted(places) for places in by_partition.values())


async def _write(log: Log, count: int) -> None:
    for _ in range(count // 4):
        await log.append(4)


async def _published(log: Log) -> AsyncIterator[str]:
    for partition in range(PARTITIONS):
        async for page in log.store.read_log(partition):
            for _, event in page:
                yield event.id


async def test_a_listener_far_behind_catches_up_without_filling_its_queue(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds_tail, "WAITING", 20)
    monkeypatch.setattr(feeds_feed, "NEAR", 10)
    await log.append(300)
    async with log.listen("0") as heard:
        assert len(set(await heard.hear(300))) == 300


async def test_a_slow_listener_is_cut_off_and_resumes_while_the_others_hear_everything(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds_tail, "WAITING", 5)
    stuck = asyncio.Event()

    async def slowly(call: Any, body: bytes) -> bytes:
        if call.request.headers.get("x-slow"):
            await stuck.wait()
        return body

    monkeypatch.setattr(http_feed, "revealed", slowly)
    async with listening(log.url, {**HEADERS, "X-Slow": "1"}) as slow, log.listen() as quick:
        began = slow.last_id
        names = []
        for _ in range(30):
            names += await log.append()
            await quick.hear(len(names))
        assert quick.events[-1]["id"] == names[-1]
        stuck.set()
        await slow.end()
        assert len(slow.events) < 30
    async with log.listen(slow.last_id or began) as resumed:
        rest = await resumed.hear(30 - len(slow.events))
    assert sorted([event["id"] for event in slow.events] + rest) == sorted(names)


async def test_a_listener_that_reads_nothing_holds_up_no_writer_and_nobody_else(log: Log) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", int(log.url.split(":")[2].split("/")[0]))
    request = f"GET /v1/feed HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n\r\n"
    writer.write(request.encode())
    async with log.listen() as heard:
        async with asyncio.timeout(20):
            names = await log.append(300)
        assert sorted(await heard.hear(300)) == sorted(names)
    writer.close()


async def test_a_feed_s_heartbeat_names_how_far_it_has_come(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds_feed, "HEARTBEAT_SECONDS", 0.2)
    async with log.listen() as heard:
        began = heard.last_id
        await log.append()
        await heard.hear(1)
        after = heard.last_id
        async with asyncio.timeout(5):
            assert await heard.block() is None
        assert heard.last_id == after != began


async def test_a_feed_has_a_life_of_its_own_which_the_gate_does_not_cut_short(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(http_feed, "LIFE_SECONDS", 1.5)
    start = asyncio.get_running_loop().time()
    async with log.listen() as heard:
        await asyncio.sleep(0.6)
        await log.append()
        await heard.hear(1)
        await heard.end()
    assert 1.4 < asyncio.get_running_loop().time() - start < 4


async def test_a_feed_ends_when_its_token_does(log: Log) -> None:
    token = development_token(sample.SETTINGS, ["sample:read"], subject="brief", hours=2 / 3600)
    async with listening(log.url, {"Authorization": f"Bearer {token}"}) as heard:
        await heard.end(seconds=5)


async def test_all_feeds_end_at_once_when_the_process_does(log: Log) -> None:
    async with log.listen() as one, log.listen() as other:
        start = asyncio.get_running_loop().time()
        log.kit.feeds.close()
        await asyncio.gather(one.end(), other.end())
        assert asyncio.get_running_loop().time() - start < 1
    async with log.listen() as late:
        await late.end(seconds=2)


async def test_an_outage_of_the_database_is_waited_out(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = 3
    ends = PostgresEventStore.log_ends

    async def failing(self: PostgresEventStore) -> Any:
        nonlocal failures
        if failures:
            failures -= 1
            raise OSError("gone")
        return await ends(self)

    monkeypatch.setattr(feeds_tail, "RETRY_SECONDS", 0.01)
    async with log.listen() as heard:
        monkeypatch.setattr(PostgresEventStore, "log_ends", failing)
        names = await log.append(3)
        assert sorted(await heard.hear(3)) == sorted(names)


async def test_when_the_log_went_back_the_feeds_end(log: Log) -> None:
    await log.append(5)
    async with log.listen() as heard:
        await log.kit.pool.execute("UPDATE relay_partition SET next_seq = 1")
        log.kit.wakeup.signal()
        await heard.end(seconds=5)
