"""Simulations over HTTP and real PostgreSQL: what was, what would have been, and how one comes to its end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from services.loyalty.adapters import players, run_simulations
from services.loyalty.api import simulations
from services.loyalty.domain.what_if.simulation import SIMULATION
from shared.handle import Handler
from shared.runtime.pool import connect
from shared.stack.postgres import Postgres
from shared.testing.stack import fresh_database
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.shops import refusal
from tests.loyalty.simulating import DOUBLE, PERIOD, Simulating


@pytest.fixture
async def shop(postgres: Postgres, template: str) -> AsyncIterator[Simulating]:
    """Anna bought before the period, and twice within it, the later order told first; Bert returned a part."""
    async with fresh_database(postgres, template=template) as address:
        pool = await connect(address, size=8)
        shop = Simulating(pool, address)
        await shop.open()
        await shop.buy("o3", "40.50", 20)
        await shop.buy("o1", "30", -5)
        await shop.buy("o2", "10", 10)
        await shop.buy("o2", "10", 10)
        await shop.buy("o4", "25", 30, BERT)
        await shop.return_("r1", "o4", "5", 31, BERT)
        yield shop
        await pool.close()


def sides(found: Any) -> list[tuple[Any, Any]]:
    """Return each figure of an outcome on both sides."""
    named = [*found["points"], *found["rules"], *found["budgets"], *found["tiers"], *found["moves"]]
    money = [(line["cost"], line["cost_simulated"]) for line in found["money"]]
    owed = [(line["liability"], line["liability_simulated"]) for line in found["money"]]
    return [*((line["real"], line["simulated"]) for line in named), *money, *owed]


@pytest.mark.parametrize("nothing", [{}, {"patch": {}}, {"patch": {"zone": "Europe/Berlin"}}])
async def test_an_unchanged_rule_set_reproduces_what_really_happened(shop: Simulating, nothing: Any) -> None:
    await shop.show()
    before = await shop.log()
    shown = await shop.carried_out(**nothing)
    found = shown["outcome"]
    assert (shown["status"], shown["progress"]) == ("finished", 1.0)
    assert [real for real, simulated in sides(found) if real != simulated] == []
    assert found["points"] == [{"currency": "points", "real": 70, "simulated": 70}]
    assert found["money"][0]["liability"] != "0.00"
    assert (found["facts"], found["members"], found["affected"]) == (3, 2, [])
    assert await shop.log() == before


async def test_double_points_are_told_by_member_rule_tier_and_money(shop: Simulating) -> None:
    await shop.show()
    found = (await shop.carried_out(patch=DOUBLE))["outcome"]
    assert found["points"] == [{"currency": "points", "real": 70, "simulated": 140}]
    assert [(line["customer_id"], line["points"][0]["simulated"]) for line in found["affected"]] == [
        (str(ANNA), 100),
        (str(BERT), 40),
    ]
    assert found["moves"] == [
        {"before": "member", "after": "green", "reason": "reached", "real": 0, "simulated": 1},
    ]
    (line,) = found["money"]
    assert (line["money"], line["cost"], line["cost_simulated"]) == ("EUR", "0.56", "1.12")
    assert float(line["liability_simulated"]) > float(line["liability"]) > 0


async def test_a_whole_document_counts_instead(shop: Simulating) -> None:
    document = (await shop.client.get("/v1/programmes/shop")).json()["document"]
    document["earning"]["rules"][0]["effects"][0]["amount"]["points"] = 3
    found = (await shop.carried_out(document=document))["outcome"]
    assert found["points"] == [{"currency": "points", "real": 70, "simulated": 210}]


async def test_one_is_shown_while_it_waits_and_listed_when_it_is_over(shop: Simulating) -> None:
    asked = await shop.ask(patch=DOUBLE, members=1)
    name = asked.json()["simulation_id"]
    assert asked.headers["location"] == f"/v1/simulations/{name}"
    waiting = await shop.shown(name)
    assert waiting == asked.json()
    assert (waiting["status"], waiting["progress"], waiting["outcome"], waiting["patch"]) == (
        "waiting",
        0,
        None,
        DOUBLE,
    )
    await shop.part.carry_out(UUID(name))
    await shop.show()
    listed = (await shop.client.get("/v1/simulations", params={"filter[status]": "finished"})).json()["data"]
    assert [(row["simulation_id"], row["programme_id"], row["progress"]) for row in listed] == [(name, "shop", 1.0)]
    assert len((await shop.shown(name))["outcome"]["affected"]) == 1


async def test_a_retry_with_its_key_asks_for_no_second_one(shop: Simulating) -> None:
    answers = [
        await shop.client.post("/v1/simulations", json=PERIOD, headers={"Idempotency-Key": "k1"}) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()


async def test_the_worker_takes_up_what_waits_one_after_the_other(shop: Simulating) -> None:
    names = [(await shop.ask(patch=patch)).json()["simulation_id"] for patch in ({}, DOUBLE)]
    await shop.show()
    working = asyncio.create_task(shop.part.run())
    async with asyncio.timeout(60):
        for name in names:
            while (await shop.shown(name))["status"] != "finished":
                await asyncio.sleep(0.05)  # what is waited for is in the database
    working.cancel()
    await asyncio.wait([working])


async def test_a_crash_lets_it_begin_again_and_end_once(shop: Simulating, monkeypatch: pytest.MonkeyPatch) -> None:
    name = (await shop.ask(patch=DOUBLE)).json()["simulation_id"]
    with monkeypatch.context() as stuck:
        stuck.setattr(players, "PROGRAM", ("-c", "import time; time.sleep(60)"))
        working = asyncio.create_task(shop.part.carry_out(UUID(name)))
        while (await shop.shown(name))["status"] != "running":
            await asyncio.sleep(0.02)
        working.cancel()
        await asyncio.wait([working])
    assert (await shop.shown(name))["status"] == "running"
    await shop.part.carry_out(UUID(name))
    await shop.part.carry_out(UUID(name))
    history = await shop.store.read(SIMULATION.stream(name))
    assert [event.type for event in history] == [
        *("simulation-requested", "simulation-started", "simulation-started", "simulation-finished")
    ]


async def test_one_that_is_called_off_while_it_runs_leaves_no_process_and_no_result(
    shop: Simulating, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_simulations, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(players, "PROGRAM", ("-c", "import time; time.sleep(60)"))
    name = (await shop.ask(patch=DOUBLE)).json()["simulation_id"]
    working = asyncio.create_task(shop.part.carry_out(UUID(name)))
    while (await shop.shown(name))["status"] != "running":
        await asyncio.sleep(0.02)
    cancelled, again = [await shop.client.post(f"/v1/simulations/{name}/cancellation") for _ in range(2)]
    assert (cancelled.status_code, again.status_code, again.json()["status"]) == (201, 200, "cancelled")
    async with asyncio.timeout(20):
        await working
    assert (await shop.shown(name))["outcome"] is None
    await shop.part.carry_out(UUID(name))
    assert (await shop.shown(name))["status"] == "cancelled"


async def test_a_player_that_ends_too_soon_is_told_as_the_reason(
    shop: Simulating, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(players, "PROGRAM", ("-c", "raise SystemExit(3)"))
    shown = await shop.carried_out()
    assert (shown["status"], shown["reason"]) == ("failed", "a player ended with 3 before it was done")


async def test_a_player_that_loses_its_database_leaves_the_simulation_to_be_begun_again(
    shop: Simulating, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = (await shop.ask()).json()["simulation_id"]
    with monkeypatch.context() as lost:
        lost.setattr(players, "PROGRAM", ("-c", "raise SystemExit(75)"))
        with pytest.raises(ConnectionError):
            await shop.part.carry_out(UUID(name))
    assert (await shop.shown(name))["status"] == "running"
    await shop.part.carry_out(UUID(name))
    assert (await shop.shown(name))["status"] == "finished"


async def test_how_far_it_is_is_written_down(shop: Simulating, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_simulations, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(run_simulations, "TELL_SECONDS", 0.0)
    name = (await shop.ask()).json()["simulation_id"]

    async def half(*_: Any) -> Any:
        shop.part._tell(0.5)
        await asyncio.sleep(0.3)
        raise players.Broken("enough")

    monkeypatch.setattr(players.Players, "play", half)
    await shop.part.carry_out(UUID(name))
    state = (await Handler(shop.store).load(SIMULATION, SIMULATION.stream(name))).state
    assert (state.progress, state.reason) == (0.5, "enough")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"programme_id": "airline"}, "programme_id"),
        ({"programme_id": "No name"}, "programme_id"),
        ({"until": PERIOD["since"]}, "until"),
        ({"until": day(101).isoformat()}, "until"),
        ({"since": "1969-01-01T00:00:00Z"}, "since"),
        ({"since": day(-900).isoformat(), "until": day(-800).isoformat()}, "until"),
        ({"patch": {}, "document": {}}, "patch"),
        ({"document": {"id": "shop"}}, "document"),
        ({"document": {"id": "shop", "name": 5}}, "document/name"),
        ({"patch": {"name": ""}}, "patch/name"),
        (
            {"patch": {"earning": {"rules": {"one-per-euro": {"effects": []}}}}},
            "patch/earning/rules/one-per-euro/effects",
        ),
        ({"patch": {"tiers": {"tiers": [{"name": "member", "threshold": 5}]}}}, "patch/tiers/tiers/0/threshold"),
        ({"members": 101}, "members"),
        ({"members": -1}, "members"),
    ],
)
async def test_what_cant_be_played_is_refused_by_its_field(shop: Simulating, wrong: Any, field: str) -> None:
    refused = await shop.ask(**wrong)
    assert refused.status_code == 422
    assert field in [problem["field"] for problem in refused.json()["errors"]]


async def test_only_the_staff_asks_sees_and_calls_off(shop: Simulating) -> None:
    name = (await shop.ask()).json()["simulation_id"]
    shop.confine(ANNA)
    answers = [
        await shop.ask(),
        await shop.client.get("/v1/simulations"),
        await shop.client.get(f"/v1/simulations/{name}"),
        await shop.client.post(f"/v1/simulations/{name}/cancellation"),
    ]
    assert [refusal(answer) for answer in answers] == [(404, "not-yours")] * 4


async def test_what_nobody_asked_for_is_missing_and_what_is_over_cant_be_called_off(shop: Simulating) -> None:
    unknown = f"/v1/simulations/{UUID(int=9)}"
    assert refusal(await shop.client.get(unknown)) == (404, "simulation-unknown")
    assert refusal(await shop.client.post(f"{unknown}/cancellation")) == (404, "simulation-unknown")
    name = (await shop.carried_out())["simulation_id"]
    assert refusal(await shop.client.post(f"/v1/simulations/{name}/cancellation")) == (409, "simulation-over")


async def test_no_more_wait_than_can_be_done(shop: Simulating, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulations, "MOST_WAITING", 2)
    for _ in range(2):
        await shop.ask()
    await shop.show()
    assert refusal(await shop.ask()) == (409, "simulations-waiting")


async def test_budgets_are_given_to_whoever_was_told_first(shop: Simulating) -> None:
    shared = {"earning": {"budgets": [{"points": 55, "window": "year"}]}}
    found = (await shop.carried_out(patch=shared))["outcome"]
    assert found["budgets"] == [{"key": "all:*:points:year:2026-01-01", "real": 0, "simulated": 55}]
    assert found["points"] == [{"currency": "points", "real": 70, "simulated": 55}]
