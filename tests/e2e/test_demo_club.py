"""The demo's programme over the beginning of the log: what it shows is what the log itself says, counted here."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest
from rich.console import Console

from rapport.commands.views import audit_service
from rapport.demo import club, log
from rapport.demo.club import QUARTERS, Quarter
from rapport.demo.club_tables import quarters_table, redeemed_today, what_if_table
from rapport.demo.measure import Measured
from rapport.demo.what_if import QUARTER, WhatIf, what_if
from rapport.programme_file import read_programme
from services.loyalty.domain.programme.reading import document_of
from services.loyalty.domain.programme.soundness import document_faults

from .conftest import Deployment, NewDeployment

PURCHASES, REDEEMERS = 1500, 3
IN_1997 = [name for name in QUARTERS if name.startswith("1997")]


def bought(until: datetime) -> Iterator[log.Purchase]:
    return (item for item in islice(log.purchases(), PURCHASES) if item.at < until)


def points(amount: Decimal) -> int:
    return int(amount) + (150 if amount >= 250 else 50 if amount >= 100 else 0)


def by_tier(until: datetime) -> dict[str, int]:
    """Within a year of the first purchase nothing is old enough to leave the twelve months that count."""
    earned = Counter[str]()
    for item in bought(until):
        earned[item.customer] += points(item.amount)
    names = ["evergreen" if sum_ >= 1000 else "green" if sum_ >= 250 else "member" for sum_ in earned.values()]
    return dict(Counter(names))


@pytest.fixture
async def demo(new_deployment: NewDeployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A deployment as the demo starts it, after the beginning of the log."""
    monkeypatch.setenv("LOYALTY_PROGRAMME", club.NAME)
    monkeypatch.setattr(club, "REDEEMERS", REDEEMERS)
    deployment = await new_deployment()
    services = deployment.services
    await club.publish_programme(services)
    messages = list(log.messages(islice(log.purchases(), PURCHASES)))
    await deployment.publish(messages)
    await deployment.caught_up(len(messages))
    await services.close()
    return deployment


async def shown(deployment: Deployment) -> tuple[dict[str, Any], list[Quarter]]:
    """Let members redeem, and return what the demo shows of it and of the quarters."""
    services = deployment.services
    async with Measured() as measured:
        redeemed = await club.redeem(services)
        await deployment.caught_up(0)
        redeemed["owed_today"] = await club.owed_today(services)
        found = [*await club.quarters(services, measured)]
    await services.close()
    return redeemed, found


async def test_the_demo_shows_points_tiers_and_what_is_owed_as_the_log_says(demo: Deployment) -> None:
    redeemed, found = await shown(demo)
    assert [one.quarter for one in found] == [*QUARTERS]
    for one in found:
        assert one.points == sum(points(item.amount) for item in bought(QUARTERS[one.quarter]))
        assert (one.redeemed, one.outstanding) == (0, one.points)
        assert Decimal(0) < Decimal(one.low) <= Decimal(one.liability) <= Decimal(one.high)
    for one in found[: len(IN_1997)]:
        assert {tier: count for tier, count in one.tiers.items() if count} == by_tier(QUARTERS[one.quarter])
    assert (redeemed["vouchers"], redeemed["points"]) == (REDEEMERS, REDEEMERS * 500)
    assert Decimal(redeemed["owed_today"]) < Decimal(found[-1].liability)
    assert await shown(demo) == (redeemed, found), "who runs the demo again redeems nothing again"
    for result in await audit_service("loyalty"):
        assert result.differences == 0, result.first


async def test_the_what_if_gives_each_dollar_of_the_quarter_once_more(demo: Deployment) -> None:
    services = demo.services
    found = await what_if(services)
    await services.close()
    since = QUARTERS["1997 Q1"]
    quarter = [item for item in bought(QUARTERS[QUARTER]) if item.at >= since]
    gained = Counter[str]()
    for item in quarter:
        gained[item.customer] += int(item.amount)
    really = sum(points(item.amount) for item in quarter)
    assert found.points == (really, really + gained.total())
    assert (found.facts, found.members) == (len(quarter), len(gained))
    assert (found.gaining, found.losing) == (sum(more > 0 for more in gained.values()), 0)
    assert found.tiers["member"][0] == by_tier(QUARTERS[QUARTER])["member"]
    assert Decimal(found.cost[0]) < Decimal(found.cost[1])
    assert Decimal(found.liability[0]) < Decimal(found.liability[1])
    assert len(found.affected) == 5


def test_the_demos_programme_has_no_faults_and_bears_the_name_that_the_service_is_given() -> None:
    document = document_of(read_programme(club.FILE))
    assert document_faults(document) == []
    assert document.id == club.NAME


def test_a_quarter_ends_where_the_next_begins() -> None:
    ends = [moment.date().isoformat() for moment in QUARTERS.values()]
    assert ends == ["1997-04-01", "1997-07-01", "1997-10-01", "1998-01-01", "1998-04-01", "1998-07-01"]


def test_the_tables_show_every_figure() -> None:
    one = Quarter(
        "1997 Q1", 12345, 0, 12345, "1061.72", "50.00", "1234.50", {"member": 1000, "green": 7, "evergreen": 2}
    )
    console = Console(width=200, record=True)
    console.print(quarters_table([one]))
    told = console.export_text() + redeemed_today({"vouchers": 3, "points": 1500, "owed_today": "60.1"})
    for text in ("12,345", "1,061.72", "1,000", "7", "3 members", "1,500 points", "60.1"):
        assert text in told


def test_the_what_if_is_told_with_every_figure() -> None:
    tiers = {"member": (900, 800), "green": (7, 100), "evergreen": (2, 9)}
    told = (("10.00", "2000.5"), ("30.00", "40.00"))
    found = WhatIf(10, 9, 8, 0, (1000, 2000), *told, tiers, [("anna", 5, 10)])
    console = Console(width=200, record=True)
    console.print(what_if_table(found))
    text = console.export_text()
    for said in ("1,000", "2,000", "2,000.5", "40.00", "800", "100", "8 of 9 who bought", "most: anna"):
        assert said in text
