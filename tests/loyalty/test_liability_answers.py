"""The liability over the API: the ledger's own figures as of any moment, and IFRS 15's example told as purchases."""

from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import structs

from services.loyalty.adapters.lot_movements import movements_of_cohorts
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    Event,
    ExpirySuspended,
    PassedOn,
    PointsAdjusted,
    PointsExpired,
    PointsReceived,
    PointsRestored,
    PointsSpent,
)
from services.loyalty.domain.ledger.lot import UnitCost
from services.loyalty.domain.ledger.movements import Fact
from services.loyalty.domain.programme.terms import Terms
from shared.http.moments import Asked
from tests.loyalty.cohorts import ledger_says, recorded, save, views_say
from tests.loyalty.conftest import Api
from tests.loyalty.histories import KINDS, TERMS, Step, fact, log_of
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW, day, earned, reversed_

BY_TIME = [terms for terms in TERMS if terms.inactive_months is None and not terms.awaits]
"""Terms by which a lot's end follows from time alone."""

ALONE = [kind for kind in KINDS if kind not in ("give", "receive", "exempt")]
"""What is asked of one member. Of an exempt one's lots, the views count what was booked, and no timer runs here."""

AMOUNTS = [Decimal("10.00"), Decimal("49.90"), Decimal("120.00")]


def steps(dice: Random) -> list[Step]:
    return [
        Step(
            dice.choice([0, 1, 4, 12]),
            dice.choice(ALONE),
            f"o{dice.randint(1, 4)}",
            str(dice.randint(1, 4)),
            dice.choice(AMOUNTS),
            dice.randint(0, 30) * 3,  # nothing that lapsed is given a longer life
            dice.choice([0, 0, 2, 7, 40]),
            dice.choice(BY_TIME),
        )
        for _ in range(16)
    ]


def accounts(dice: Random, count: int) -> list[list[Fact]]:
    """Return the logs of many members."""
    return [
        [
            structs.replace(
                fact, owner=str(UUID(int=number)), event=structs.replace(fact.event, customer_id=UUID(int=number))
            )
            for fact in log_of(steps(dice))
        ]
        for number in range(1, count + 1)
    ]


async def test_the_views_say_of_every_moment_what_the_ledger_says(pool: asyncpg.Pool) -> None:
    dice = Random(7)
    logs = accounts(dice, 60)
    await save(pool, [recorded(fact, version) for log in logs for version, fact in enumerate(log, 1)])
    for _ in range(25):
        as_of, known_at = (dice.choice([None, day(dice.randint(-20, 100))]) for _ in range(2))
        at = Asked(as_of, known_at, now=as_of or day(200))
        each = [ledger_says(log, at, at.now) for log in logs]
        assert views_say(await movements_of_cohorts(pool, at, "UTC")) == tuple(map(sum, zip(*each, strict=True)))


async def test_months_are_those_of_the_programmes_zone(pool: asyncpg.Pool) -> None:
    late = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    event = structs.replace(earned("o1", "10", 10, 10), earned_at=late)
    await save(pool, [recorded(fact(event, 1, late, late), 1)])
    at = Asked(now=day(60))
    (in_utc,) = await movements_of_cohorts(pool, at, "UTC")
    (in_berlin,) = await movements_of_cohorts(pool, at, "Europe/Berlin")
    assert (in_utc.cohort.month, in_utc.month) == (date(2026, 1, 1), date(2026, 1, 1))
    assert (in_berlin.cohort.month, in_berlin.month) == (date(2026, 2, 1), date(2026, 2, 1))


async def test_a_sale_that_issued_several_lots_counts_its_price_once(pool: asyncpg.Pool) -> None:
    base = earned("o1", "100", 100, 100)
    bonus = structs.replace(base, lot_id="shop:o1:bonus:1", points=50)
    back = reversed_(10, "100", "90", {"shop:o1": 10}, 0, 0)
    also = structs.replace(back, lot_id=bonus.lot_id, points=5, allocations={bonus.lot_id: 5})
    events: list[Event] = [base, bonus, back, also]
    await save(pool, [recorded(fact(event, n, NOW, NOW), n) for n, event in enumerate(events, 1)])
    (moved,) = await movements_of_cohorts(pool, Asked(now=NOW), "UTC")
    assert (moved.issued, moved.reversed) == (150, 15)
    assert moved.price == moved.goods == 90


async def test_a_partners_price_follows_its_points(pool: asyncpg.Pool) -> None:
    paid = {"partner": "hotel", "unit_cost": UnitCost(Decimal("0.02"), "USD")}
    base = structs.replace(earned("o1", "100", 100, 100), **paid)
    bonus = structs.replace(base, lot_id="shop:o1:bonus:1", points=50)
    back = reversed_(10, "100", "90", {"shop:o1": 10}, 0, 0)
    events: list[Event] = [base, bonus, back]
    await save(pool, [recorded(fact(event, n, NOW, NOW), n) for n, event in enumerate(events, 1)])
    (moved,) = await movements_of_cohorts(pool, Asked(now=NOW), "UTC")
    assert (moved.cohort.partner, moved.cohort.money) == ("hotel", "USD")
    assert moved.price == Decimal("2.80")
    assert moved.goods == 0


async def lapsed(pool: asyncpg.Pool, *events: Event) -> int:
    await save(pool, [recorded(fact(event, n, NOW, NOW), n) for n, event in enumerate(events, 1)])
    moved = await movements_of_cohorts(pool, Asked(now=day(9)), "UTC")
    return sum(item.lapsed for item in moved)


LIVES = structs.replace(earned("o1", "10", 10, 10), expires_at=day(5))


async def test_a_lot_that_activity_may_renew_has_lapsed_once_that_is_booked(pool: asyncpg.Pool) -> None:
    assert await lapsed(pool, structs.replace(LIVES, terms=Terms(inactive_months=1))) == 0


async def test_what_a_late_activity_restored_has_not_lapsed(pool: asyncpg.Pool) -> None:
    renewed = structs.replace(LIVES, terms=Terms(inactive_months=1))
    booked = PointsExpired(ANNA, LIVES.lot_id, 10, day(5), 0)
    assert await lapsed(pool, renewed, booked, PointsRestored(ANNA, LIVES.lot_id, 4, 4)) == 6


async def test_nothing_of_an_exempt_member_lapses_by_time_alone(pool: asyncpg.Pool) -> None:
    assert await lapsed(pool, LIVES, ExpirySuspended(ANNA, day(1), "crew")) == 0


async def test_a_lot_past_its_end_has_lapsed(pool: asyncpg.Pool) -> None:
    assert await lapsed(pool, LIVES) == 10


async def test_what_becomes_of_a_gift_and_of_its_parts_counts_with_the_lot_that_it_came_from(
    pool: asyncpg.Pool,
) -> None:
    received = PointsReceived(BERT, "g1", ANNA, 6, (PassedOn("g1:1", "shop:o1", 6, day(0), day(0)),), 6)
    again = PointsReceived(ANNA, "g2", BERT, 4, (PassedOn("g2:1", "g1:1", 4, day(0), day(0)),), 4)
    events: list[Event] = [
        earned("o1", "10", 10, 10),
        received,
        again,
        PointsSpent(BERT, "s1", 2, "x", {"g1:1": 2}, 0),
        PointsSpent(ANNA, "s2", 3, "x", {"g2:1": 3}, 0),
    ]
    await save(pool, [recorded(fact(event, n, NOW, NOW), n) for n, event in enumerate(events, 1)])
    (moved,) = await movements_of_cohorts(pool, Asked(now=day(1)), "UTC")
    assert (moved.issued, moved.redeemed) == (10, 5)


async def test_points_given_by_hand_have_no_price(pool: asyncpg.Pool) -> None:
    given = PointsAdjusted(ANNA, "a1", 50, "sorry", "carla", 50, "adjustment:a1", NOW)
    taken = PointsAdjusted(ANNA, "a2", -20, "oops", "carla", 30, allocations={"adjustment:a1": 20})
    assert await lapsed(pool, given, taken) == 0
    (moved,) = await movements_of_cohorts(pool, Asked(now=day(1)), "UTC")
    assert (moved.cohort.money, moved.issued, moved.reversed) == ("", 50, 20)
    assert moved.price == moved.goods == 0


async def follow(api: Api) -> None:
    """Let the views of lots follow the accounts."""
    histories = [await api.store.read(ACCOUNT.stream(member)) for member in (ANNA, BERT)]
    await save(api.pool, [event for history in histories for event in history])


async def liability(api: Api, **params: str) -> Any:
    answer = await api.client.get("/v1/liability", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_ifrs_15_example_52_told_as_purchases(api: Api) -> None:
    # One point for each unit of money, worth 0.10: 100,000 of goods, 100,000 points of 0.10, 95 % expected.
    api.client = api.made(point_value="0.10", expected_redemption="0.95")
    await api.earn("o1", "60000")
    await api.earn("o2", "40000", BERT)
    await api.spend("s1", 45_000)
    await follow(api)
    shown = await liability(api)
    (total,), (cohort,) = shown["totals"], shown["cohorts"]
    assert (total["allocated"], total["revenue"], total["liability"]) == ("8675.80", "4109.59", "4566.21")
    assert (cohort["month"], cohort["money"], cohort["method"]) == ("2026-01-01", "EUR", "programme")
    assert (cohort["outstanding"], cohort["expected"]) == (55_000, "95000.000000")
    assert (cohort["liability_low"], cohort["initial_rate"]) == (None, "0.950000")
    assert shown["method"]["programme"]


async def test_as_of_a_moment_only_what_had_happened_counts(api: Api) -> None:
    await api.earn("o1", "100")
    api.now = day(40)
    await api.spend("s1", 50)
    await api.earn("o2", "100")
    await follow(api)
    now, then, before = (
        await liability(api),
        await liability(api, as_of=day(1).isoformat()),
        await liability(api, as_of=day(-1).isoformat()),
    )
    assert [cohort["month"] for cohort in now["cohorts"]] == ["2026-01-01", "2026-02-01"]
    assert [(cohort["outstanding"], cohort["redeemed"]) for cohort in then["cohorts"]] == [(100, 0)]
    assert (before["totals"], before["cohorts"]) == ([], [])


async def test_points_that_lapsed_are_owed_no_longer_though_no_timer_ran(api: Api) -> None:
    api.client = api.made(points_valid_months=1)
    await api.earn("o1", "100")
    await follow(api)
    assert (await liability(api))["totals"][0]["outstanding"] == 100
    api.now = day(40)
    (total,) = (await liability(api))["totals"]
    assert (total["lapsed"], total["outstanding"], total["liability"]) == (100, 0, "0.00")


async def test_filters_choose_cohorts_and_a_wrong_one_is_named(api: Api) -> None:
    await api.earn("o1", "100")
    await follow(api)
    assert len((await liability(api, currency="points", partner=""))["cohorts"]) == 1
    assert (await liability(api, currency="miles"))["cohorts"] == []
    assert (await liability(api, partner="air"))["cohorts"] == []
    answer = await api.client.get("/v1/liability", params={"currency": "No Currency"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "currency")


async def test_a_customers_own_token_doesnt_see_it(api: Api) -> None:
    api.confine(ANNA)
    assert (await api.client.get("/v1/liability")).status_code == 404
