"""This release runs beside the last one and may be rolled back: nothing is lost, nothing doubled, nothing parked."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import httpx
import msgspec

from rapport.commands.views import audit_service
from rapport.demo import log
from rapport.demo.measure import Measured
from rapport.services import SERVICES
from shared.http.auth import development_token
from shared.settings import KernelSettings, read

from .conftest import Deployment, NewDeployment
from .releases import ROOT, VERSION, Release, unpack
from .test_kills import must_equal

TOPICS = {f"rapport.{name}.v1": name for name in SERVICES}
UNLIKE = {"contact.timeline", "tickets.queue"}
OLD_POLICIES = {"contact": "touchpoints", "tickets": "complaints", "loyalty": "purchases"}
PLACES = "SELECT consumer, topic, partition, next_seq, next_offset FROM consumer_position"
NUMBERED = "SELECT partition, next_seq FROM relay_partition"
QUIET = "SELECT NOT EXISTS (SELECT FROM outbox) AND bool_and(acked_seq = next_seq - 1) FROM relay_partition"


async def test_the_last_release_and_this_one_do_the_same_work_beside_and_after_each_other(
    undisturbed: dict[str, list[str]],
    new_deployment: NewDeployment,
    messages: list[log.Message],
    tmp_path: Path,
) -> None:
    deployment = await new_deployment()
    _stop_services(deployment)
    variables = dict(deployment.stack.environment())
    old = Release(unpack(tmp_path / "old"), tmp_path / "old-logs", variables)
    new = Release(ROOT, tmp_path / "new-logs", variables)
    parts = _in_parts(messages, 5)
    done = 0
    try:
        await old.start()
        done = await _give(deployment, parts[0], done, "views")
        await new.start(UPGRADING_FROM=VERSION)
        await _post(parts[1], [old.urls["contact"], new.urls["contact"]])
        done = await _give(deployment, parts[2], done, "views", "views-2")
        old.stop()
        done = await _give(deployment, parts[3], done, "views-2")
        new.stop()
        await old.start()
        done = await _give(deployment, parts[4], done, "views")
        code, told = await old.run("views", "audit")
        assert code == 0, told
        old.stop()
        await _nothing_is_parked()
        await new.start()
        await deployment.caught_up(done)
        await _equal(undisturbed, deployment)
        await _audits_are_clean()
        await _nothing_is_parked()
    finally:
        old.stop()
        new.stop()


def _stop_services(deployment: Deployment) -> None:
    """Leave the parts: the deployment has made topics and tables, which is the migration that runs first."""
    for service in deployment.stack.state.services.values():
        service.process.stop(15)


def _in_parts(messages: Sequence[log.Message], parts: int) -> list[Sequence[log.Message]]:
    size = -(-len(messages) // parts)
    return [messages[start : start + size] for start in range(0, len(messages), size)]


async def _give(deployment: Deployment, messages: Sequence[log.Message], done: int, *generations: str) -> int:
    """Publish the messages and wait until these generations of the views, and all policies, have taken everything."""
    await deployment.publish(messages)
    done += len(messages)
    try:
        async with asyncio.timeout(120):
            while not await _taken(done, generations):
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"not taken by {generations}: {await _behind(generations)}") from None
    return done


async def _taken(touchpoints: int, generations: Sequence[str]) -> bool:
    async with Measured() as measured:
        offsets = await measured.value(
            "contact", "SELECT coalesce(sum(next_offset), 0) FROM consumer_position WHERE consumer = 'touchpoints'"
        )
        quiet = [await measured.value(name, QUIET) for name in SERVICES]
    return offsets >= touchpoints and all(quiet) and not await _behind(generations)


async def _behind(generations: Sequence[str]) -> list[str]:
    """Return what consumers of these generations and policies have yet to take."""
    async with Measured() as measured:
        pools = {name: at.pool for name, at in measured.opened.items()}
        reached = {name: await pool.fetch(PLACES) for name, pool in pools.items()}
        numbered = {topic: dict(await pools[name].fetch(NUMBERED)) for topic, name in TOPICS.items()}
    found = []
    for name, rows in reached.items():
        there = {row[0] for row in rows}
        found += [f"{name}: {generation} has no place" for generation in generations if generation not in there]
        found += [
            f"{name}: {consumer} at {seq} of {topic}/{partition}"
            for consumer, topic, partition, seq, _ in rows
            if topic in numbered and seq < numbered[topic][partition]
            if any(_is_of(generation, name, consumer) for generation in generations)
        ]
    return found


def _is_of(generation: str, service: str, consumer: str) -> bool:
    """Tell whether the release whose views have this generation has the consumer."""
    return consumer in (generation, OLD_POLICIES.get(service)) if generation == "views" else consumer != "views"


async def _post(messages: Sequence[log.Message], doors: Sequence[str]) -> None:
    """Send touchpoints by HTTP, by one release's door and the other's in turn."""
    settings = read(KernelSettings, kafka_bootstrap_servers="-")
    token = development_token(settings, ["contact:write"], subject="a-shop")
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
        for number, start in enumerate(range(0, len(messages), 200)):
            body = b"[" + b",".join(item.value for item in messages[start : start + 200]) + b"]"
            url = f"{doors[number % len(doors)]}/v1/touchpoints:batch"
            answer = await client.post(url, content=body, headers={"Content-Type": "application/json"}, timeout=60)
            assert answer.status_code == 200, answer.text
            assert {item["status"] for item in msgspec.json.decode(answer.content)} <= {200, 201}, answer.text


async def _equal(expected: dict[str, list[str]], deployment: Deployment) -> None:
    """Compare what both releases write alike; texts are sealed by this one only, and complaints have other levels."""
    alike = {name: rows for name, rows in expected.items() if name not in UNLIKE}
    found = await deployment.state()
    must_equal(alike, found)
    assert len(found["tickets.queue"]) == len(expected["tickets.queue"])


async def _audits_are_clean() -> None:
    for name in SERVICES:
        for result in await audit_service(name):
            assert result.differences == 0, result.first


async def _nothing_is_parked() -> None:
    async with Measured() as measured:
        parked = {name: await at.parking_lot.list() for name, at in measured.opened.items()}
    assert not any(parked.values()), parked
