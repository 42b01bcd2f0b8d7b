"""Merges and their undoing in scoring as a whole: what is shown, what is decided anew, and that nothing remains."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import asyncpg
import httpx
import pytest
from msgspec import structs

from services.scoring.contracts.contact import PurchaseRecorded, PurchaseRefunded
from services.scoring.domain.run import RUN
from services.scoring.domain.score import SCORE
from services.scoring.policies.merges import run_id
from shared.store.contract import Recorded
from shared.store.postgres import PostgresEventStore
from shared.testing.clock import SettableClock
from tests.scoring.conftest import NOW
from tests.scoring.living import Living, merge

ANNA, BEN, CARL = UUID(int=1), UUID(int=2), UUID(int=3)
START = datetime(1998, 1, 1, tzinfo=UTC)
EARLIER = NOW - timedelta(days=1)


@pytest.fixture
def living(pool: asyncpg.Pool, store: PostgresEventStore) -> Living:
    return Living(pool, store, SettableClock(EARLIER))


def fact(customer: UUID, day: int, amount: str, number: int = 0, *, refund: bool = False) -> Recorded:
    at = START + timedelta(days=day, hours=number % 20)
    event = (PurchaseRefunded if refund else PurchaseRecorded)(customer, Decimal(amount), "USD")
    name = "purchase-refunded" if refund else "purchase-recorded"
    stream = f"purchase-shop-{customer.int}-{day}-{number}"
    return Recorded("contact", stream, 1, 1, 0, str(customer), name, 1, event, b"", at, at, {})


CROWD = [fact(UUID(int=number), number % 30, f"{10 * number}") for number in range(1, 41)]
"""Forty customers who spent 10, 20, ... 400 once; Anna the least of all."""


async def scored(living: Living, customer: UUID) -> Any:
    history = await living.store.read(SCORE.stream(customer))
    return history[-1].event if history else None


async def status(living: Living, cause: Recorded) -> str:
    run = RUN.fold(item.event for item in await living.store.read(RUN.stream(run_id(cause.id))))
    return run.status


async def test_a_merge_is_decided_about_anew_and_so_is_its_undo(living: Living) -> None:
    await living.take(*CROWD, fact(BEN, 5, "400"))
    await living.score()
    assert [(await scored(living, one)).tier for one in (ANNA, BEN)] == ["lead", "platinum"]
    together = merge(1, BEN, ANNA, EARLIER)
    await living.take(together)
    await living.carry_out()
    one = await scored(living, ANNA)
    assert (one.tier, one.value, one.members, one.because) == ("platinum", Decimal("430.00"), (BEN,), (together.id,))
    assert one.reason.startswith(f"merged ({together.id}): 430.00 USD of 2 customers who are one is at or above")
    assert len(await living.store.read(SCORE.stream(BEN))) == 1
    apart = merge(1, BEN, ANNA, EARLIER, undone=True)
    await living.take(apart)
    await living.carry_out()
    for customer, tier, value in ((ANNA, "lead", "10.00"), (BEN, "platinum", "420.00")):
        again = await scored(living, customer)
        assert (again.tier, again.value, again.members) == (tier, Decimal(value), ())
        assert (again.because, again.reason.startswith(f"merge undone ({apart.id}): ")) == ((apart.id,), True)
    assert [await status(living, cause) for cause in (together, apart)] == ["completed", "completed"]


async def test_a_run_because_of_a_merge_leaves_everyone_else_as_they_are(living: Living) -> None:
    await living.take(*CROWD)
    await living.score()
    cause = merge(1, BEN, ANNA, EARLIER)
    await living.take(cause, fact(CARL, 40, "9999"))
    await living.carry_out()
    assert (await scored(living, CARL)).value == Decimal("30.00")
    run = RUN.fold(item.event for item in await living.store.read(RUN.stream(run_id(cause.id))))
    assert run.completed is not None
    assert (run.completed.changed, sum(run.completed.tiers.values())) == (1, 39)


async def test_the_run_waits_until_the_views_know_the_merge(living: Living) -> None:
    await living.take(*CROWD)
    await living.score()
    cause = merge(1, BEN, ANNA, EARLIER)
    await living.take(cause, views=False)
    await living.carry_out()
    assert (await status(living, cause), (await scored(living, ANNA)).members) == ("running", ())
    await living.score()
    await living.follow(cause)
    await living.carry_out()
    assert (await status(living, cause), (await scored(living, ANNA)).members) == ("completed", (BEN,))
    undo = merge(1, BEN, ANNA, EARLIER, undone=True)
    await living.take(undo, views=False)
    await living.carry_out()
    assert await status(living, undo) == "running"


async def test_a_redelivered_merge_asks_for_nothing_more(living: Living) -> None:
    cause = merge(1, BEN, ANNA, EARLIER)
    await living.take(*CROWD, cause)
    await living.take(cause, views=False)
    assert len(await living.store.read(RUN.stream(run_id(cause.id)))) == 1


async def test_several_merges_share_a_run(living: Living, api: httpx.AsyncClient) -> None:
    await living.take(*CROWD)
    await living.score()
    causes = [
        merge(1, BEN, ANNA, EARLIER),
        merge(2, CARL, UUID(int=30), EARLIER),
        merge(3, UUID(int=31), ANNA, EARLIER),
    ]
    await living.take(*causes)
    await living.carry_out()
    assert sorted([await status(living, cause) for cause in causes]) == ["completed", "joined", "joined"]
    assert set((await scored(living, ANNA)).because) == {causes[0].id, causes[2].id}
    assert (await scored(living, UUID(int=30))).because == (causes[1].id,)
    for cause in causes:
        shown = (await api.get(f"/v1/runs/{run_id(cause.id)}")).json()
        assert (shown["status"], shown["because"]["event"]) == ("completed", cause.id)
        assert (shown["joined_into"] is None) == (await status(living, cause) == "completed")
    listed = (await living.rows())["runs"]
    assert sorted(row.status for row in listed.values() if row.because) == ["completed", "joined", "joined"]


async def test_every_member_shows_the_same_customer(living: Living, api: httpx.AsyncClient) -> None:
    await living.take(*CROWD, fact(BEN, 50, "5"))
    await living.score()
    await living.take(merge(1, BEN, ANNA, EARLIER), merge(2, ANNA, CARL, EARLIER))
    await living.carry_out()
    for path in ("score", "score/why", "activity", "activity/why"):
        bodies = [(await api.get(f"/v1/customers/{one}/{path}")) for one in (ANNA, BEN, CARL)]
        assert [answer.status_code for answer in bodies] == [200] * 3
        assert bodies[0].json() == bodies[1].json() == bodies[2].json()
        assert bodies[0].json()["customer_id"] == str(CARL)
        assert "ETag" not in bodies[0].headers
    why = (await api.get(f"/v1/customers/{BEN}/score/why")).json()
    assert (why["events_complete"], why["spending"]["value"], why["members"]) == (True, "65.00", [str(ANNA), str(BEN)])
    assert {item["customer_id"] for item in why["events"]} == {str(one) for one in (ANNA, BEN, CARL)}
    assert why["because"][3:] == [f"customer-{BEN}@4", f"customer-{ANNA}@6"]
    shown = {row["customer_id"] for row in (await api.get("/v1/scores?page[size]=200")).json()["data"]}
    assert len(shown) == 38
    assert not shown & {str(ANNA), str(BEN)}


async def test_before_the_merge_everyone_was_themselves(living: Living, api: httpx.AsyncClient) -> None:
    await living.take(*CROWD)
    await living.score()
    before = living.clock()
    living.clock.advance(timedelta(minutes=5))
    await living.take(merge(1, BEN, ANNA, living.clock()))
    await living.carry_out()
    then = {"as_of": before.isoformat()}
    for customer, value in ((ANNA, "10.00"), (BEN, "20.00")):
        shown = (await api.get(f"/v1/customers/{customer}/score", params=then)).json()
        assert (shown["customer_id"], shown["score"]["value"]) == (str(customer), value)
        assert (await api.get(f"/v1/customers/{customer}/activity", params=then)).json()["members"] == [str(customer)]
    assert (await api.get(f"/v1/customers/{BEN}/score")).json()["score"]["value"] == "30.00"


async def life(living: Living, dice: random.Random, *, merging: bool) -> None:
    """Live through some weeks: purchases and refunds of twelve customers, merges and their undoing, runs between."""
    facts = [(UUID(int=dice.randrange(1, 13)), dice.randrange(100), dice.randrange(1, 300)) for _ in range(60)]
    edges: list[tuple[int, UUID, UUID]] = []
    number = 0
    await living.take(*(fact(UUID(int=one), one, f"{20 * one}", 19) for one in range(1, 13)))
    await living.score()
    for place, (customer, day, amount) in enumerate(facts):
        refund = dice.random() < 0.2
        await living.take(fact(customer, day, str(amount), place, refund=refund))
        step, chosen = dice.randrange(6), dice.sample(range(1, 13), 2)
        child, into = (UUID(int=one) for one in chosen)
        if step == 0 and not any(item[1] == child for item in edges) and not _above(edges, into, child):
            number += 1
            edges.append((number, child, into))
            if merging:
                await living.take(merge(number, child, into, EARLIER))
        elif step == 1 and edges:
            gone = edges.pop(dice.randrange(len(edges)))
            if merging:
                await living.take(merge(*gone, EARLIER, undone=True))
        elif step == 2 and merging:
            await living.carry_out()
        if not edges and dice.random() < 0.3:
            await living.score()
    for gone in edges:
        if merging:
            await living.take(merge(*gone, EARLIER, undone=True))
    await living.carry_out()
    await living.score()


def _above(edges: Sequence[tuple[int, UUID, UUID]], start: UUID, sought: UUID) -> bool:
    parents = {child: into for _, child, into in edges}
    while start != sought and start in parents:
        start = parents[start]
    return start == sought


@pytest.mark.parametrize("seed", range(3))
async def test_after_merges_and_their_undoing_every_row_is_what_it_would_have_been(living: Living, seed: int) -> None:
    await life(living, random.Random(seed), merging=False)
    expected = await living.rows()
    for view in ("customer_value", "evidence", "scores", "runs", "activity"):
        await living.pool.execute(f"TRUNCATE {view}_v2")
    await living.pool.execute("TRUNCATE event, stream, outbox, timer, merge_edge, merged_subject, merged_row")
    again = Living(living.pool, living.store, SettableClock(EARLIER))
    await life(again, random.Random(seed), merging=True)
    found = await again.rows()
    assert await living.pool.fetchval("SELECT count(*) FROM merge_edge") > 2
    for view in ("customer_value", "evidence", "activity"):
        assert found[view] == expected[view]
    assert _scores(found) == _scores(expected)


def _scores(rows: dict[str, dict[Any, Any]]) -> dict[Any, Any]:
    return {key: structs.replace(row, run_id=UUID(int=0), scored_at=START) for key, row in rows["scores"].items()}


def test_the_crowd_is_of_forty() -> None:
    assert len({event.subject for event in CROWD}) == 40
    assert date(1998, 1, 1) == START.date()


class Dying:
    """A store whose process dies at its n-th append, just after it was committed."""

    def __init__(self, store: PostgresEventStore, dies_at: int) -> None:
        self._store, self._left = store, dies_at

    async def append(self, *appends: Any, once: Any = None) -> Sequence[int]:
        versions = await self._store.append(*appends, once=once)
        self._left -= 1
        if self._left == 0:
            raise OSError
        return versions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@pytest.mark.parametrize("dies_at", [1, 2, 3])
async def test_a_crash_in_a_shared_run_loses_no_cause_and_decides_nothing_twice(living: Living, dies_at: int) -> None:
    """Appends of the run: the edges with those that join it; the scores; the end."""
    await living.take(*CROWD)
    await living.score()
    causes = [merge(1, BEN, ANNA, EARLIER), merge(2, CARL, UUID(int=30), EARLIER)]
    await living.take(*causes)
    whole = living.store
    living.store = cast("PostgresEventStore", Dying(whole, dies_at))
    with pytest.raises(OSError):
        await living.carry_out()
    living.store = whole
    await living.carry_out()
    assert sorted([await status(living, cause) for cause in causes]) == ["completed", "joined"]
    for customer, cause in zip((ANNA, UUID(int=30)), causes, strict=True):
        history = await whole.read(SCORE.stream(customer))
        assert [item.event.because for item in history] == [(), (cause.id,)]
