"""Time travel on scores: what had happened by then, what we had been told by then, and the events that count."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from msgspec import structs

from services.scoring.adapters.readings import Behind, spending
from services.scoring.domain.activity_class import classify, course, with_purchase
from services.scoring.domain.run import RUN, RequestRun
from services.scoring.domain.spending import totals
from services.scoring.views.customer_value import project
from shared.handle import Handler
from shared.store.contract import Context, Moment, Recorded
from shared.store.postgres import PostgresEventStore
from shared.testing.clock import SettableClock
from tests.scoring.conftest import NOW
from tests.scoring.living import Living
from tests.scoring.test_rescoring import ANNA, CROWD, fact

EARLIER = NOW - timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def living(pool: asyncpg.Pool, store: PostgresEventStore) -> Living:
    return Living(pool, store, SettableClock(EARLIER))


def told(event: Recorded, *, occurred_at: datetime | None = None, recorded_at: datetime | None = None) -> Recorded:
    return structs.replace(
        event, occurred_at=occurred_at or event.occurred_at, recorded_at=recorded_at or event.occurred_at
    )


async def body(api: httpx.AsyncClient, path: str, **at: datetime) -> Any:
    answer = await api.get(f"/v1/{path}", params={name: moment.isoformat() for name, moment in at.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_late_purchase_gives_the_four_different_answers(living: Living, api: httpx.AsyncClient) -> None:
    """Anna spent 10 long ago, 7 between the first two runs, and 90 long ago, of which we hear after the second."""
    await living.take(*CROWD)
    await living.score()
    first = living.clock()
    living.clock.advance(MINUTE)
    await living.take(told(fact(ANNA, 0, "7"), occurred_at=living.clock()))
    await living.score()
    second = living.clock()
    living.clock.advance(MINUTE)
    await living.take(told(fact(ANNA, 20, "90"), recorded_at=living.clock()))
    await living.score()
    found = [
        await body(api, f"customers/{ANNA}/score/why", **at)
        for at in ({}, {"as_of": first}, {"known_at": second}, {"as_of": first, "known_at": second})
    ]
    value = [item["arithmetic"]["tier"]["value"] for item in found]
    assert list(zip(value, [item["spending"]["value"] for item in found], strict=True)) == [
        ("107.00", "107.00"),
        ("10.00", "100.00"),
        ("17.00", "17.00"),
        ("10.00", "10.00"),
    ]
    assert [item["events_complete"] for item in found] == [True, False, True, True]
    assert [len(item["events"]) for item in found] == [3, 2, 2, 1]
    assert {item["service"] for item in found[0]["events"]} == {"contact"}
    scores = [await body(api, f"customers/{ANNA}/score", as_of=moment) for moment in (first, second, NOW)]
    assert [item["score"]["value"] for item in scores] == ["10.00", "17.00", "107.00"]
    assert [len(item["history"]) for item in scores] == [1, 2, 3]


async def test_the_portfolio_is_that_of_the_latest_run_completed_by_then(
    living: Living, api: httpx.AsyncClient
) -> None:
    await living.take(*CROWD)
    runs = []
    for day in (40, 50):
        run_id = await living.score()
        runs.append((str(run_id), living.clock()))
        await living.take(fact(ANNA, day, "1000"))
    for path in ("portfolio/pyramid", "portfolio/concentration", "models/bg-nbd"):
        for expected, moment in runs:
            for at in ({"as_of": moment}, {"known_at": moment}, {"as_of": moment, "known_at": moment}):
                assert (await body(api, path, **at))["run_id"] == expected
        assert (await body(api, path, as_of=runs[1][1] - MINUTE / 2))["run_id"] == runs[0][0]
        assert (await body(api, path))["run_id"] == runs[1][0]
        early = await api.get(f"/v1/{path}", params={"known_at": EARLIER.isoformat()})
        assert early.status_code == 404
    revenue = [(await body(api, "portfolio/pyramid", as_of=moment))["revenue"] for _, moment in runs]
    assert [sum(map(Decimal, item.values())) for item in revenue] == [Decimal(8200), Decimal(9200)]


async def test_a_run_shows_how_far_it_had_come(living: Living, api: httpx.AsyncClient) -> None:
    await living.take(*CROWD)
    asked, run_id = living.clock(), UUID(int=77)
    command, stream = RequestRun(run_id, None, asked.date()), RUN.stream(run_id)
    await Handler(living.store).handle(RUN, stream, command, subject=stream, context=Context(asked, asked))
    living.clock.advance(MINUTE)
    await living.carry_out()
    assert (await body(api, f"runs/{run_id}"))["status"] == "completed"
    assert (await body(api, f"runs/{run_id}", as_of=asked))["status"] == "running"
    before = await api.get(f"/v1/runs/{run_id}", params={"as_of": (asked - MINUTE).isoformat()})
    assert (before.status_code, before.json()["type"].rpartition("/")[2]) == (404, "unknown-then")


@pytest.mark.parametrize(
    "path",
    [f"customers/{ANNA}/score", f"customers/{ANNA}/score/why", "portfolio/pyramid", "portfolio/concentration",
     "models/bg-nbd", f"runs/{UUID(int=7001)}"],
)  # fmt: skip
async def test_moments_that_make_no_sense_are_clear_problems(living: Living, api: httpx.AsyncClient, path: str) -> None:
    await living.take(*CROWD)
    await living.score()
    for name in ("as_of", "known_at"):
        for text, status in (("soon", 422), ("2098-01-01T00:00:00Z", 422), ("1990-01-01T00:00:00Z", 404)):
            answer = await api.get(f"/v1/{path}", params={name: text})
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_the_spending_of_any_moment_is_a_fresh_fold_of_exactly_the_facts_that_count(living: Living) -> None:
    dice = random.Random(4)
    facts = []
    for number in range(120):
        event = fact(ANNA, dice.randrange(150), str(dice.randrange(100)), number, refund=dice.random() < 0.3)
        late = timedelta(days=dice.choice([0, 0, 1, 30]))
        facts.append(told(event, recorded_at=event.occurred_at + late))
    await living.take(*facts)
    start = facts[0].occurred_at.replace(month=1, day=1)
    for _ in range(80):
        as_of, known_at = (
            start + timedelta(days=dice.randrange(180)) if dice.random() < 0.7 else None for _ in range(2)
        )
        until = (start + timedelta(days=dice.randrange(180))).date()
        at = Moment(as_of, known_at)
        row = reduce(project, filter(at.covers, facts), None)
        expected = totals(row.days if row else (), until.toordinal())
        days = await spending(living.pool, Behind([ANNA], at, "USD", until))
        assert totals(days, until.toordinal()) == expected


async def test_the_activity_of_any_moment_is_a_fresh_fold_of_exactly_the_facts_that_count(
    living: Living, api: httpx.AsyncClient
) -> None:
    dice = random.Random(5)
    facts = []
    for number in range(40):
        at = NOW - timedelta(hours=dice.randrange(24 * 500))
        recorded_at = min(at + timedelta(days=dice.choice([0, 0, 3, 90])), NOW)
        kind = dice.random() < 0.2
        facts.append(told(fact(ANNA, 0, "5", number, refund=kind), occurred_at=at, recorded_at=recorded_at))
        facts[-1] = structs.replace(facts[-1], stream=f"purchase-{number}")
    await living.take(*facts)
    for _ in range(60):
        as_of, known_at = (
            NOW - timedelta(hours=dice.randrange(24 * 510)) if dice.random() < 0.7 else None for _ in range(2)
        )
        moments: tuple[datetime, ...] = ()
        for item in filter(Moment(as_of, known_at).covers, facts):
            moments = with_purchase(moments, item.occurred_at) if item.type == "purchase-recorded" else moments
        at_moment = {name: moment.isoformat() for name, moment in (("as_of", as_of), ("known_at", known_at)) if moment}
        answer = await api.get(f"/v1/customers/{ANNA}/activity", params=at_moment)
        if not moments:
            assert answer.status_code == 404
            continue
        shown, held = answer.json(), course(moments, as_of or NOW)
        assert [item["activity"] for item in shown["course"]] == [spell.activity for spell in held]
        assert datetime.fromisoformat(shown["since"]) == held[-1].since
        assert shown["activity"] == classify([item.toordinal() for item in moments], (as_of or NOW).toordinal())
