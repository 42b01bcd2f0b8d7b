"""The demo's figures, from answers written by hand: each is the one that it says it is."""

from datetime import UTC, datetime
from typing import Any, cast

import httpx

from rapport.demo import club
from rapport.demo.ask import Services
from rapport.demo.measure import Measured
from rapport.demo.tiers import members_by_tier
from rapport.demo.what_if import _found
from rapport.programme_file import read_programme
from services.loyalty.domain.programme.reading import document_of


def on(month: int, day: int = 1) -> datetime:
    return datetime(1997, month, day, tzinfo=UTC)


class Earned:
    """Three members: one reaches each of the higher tiers on its day, a third stays where all begin."""

    async def earned(self) -> list[tuple[str, str, datetime, int]]:
        return [
            ("a", "l1", on(1, 5), 249),
            ("a", "l2", on(2, 5), 1),
            ("b", "l3", on(1, 6), 900),
            ("b", "l4", on(3, 6), 100),
            ("c", "l5", on(2, 7), 10),
        ]

    async def members(self, moment: datetime) -> int:
        return 2 if moment < on(2, 7) else 3


async def test_members_are_counted_with_the_tier_that_they_had_at_the_moment() -> None:
    document = document_of(read_programme(club.FILE))
    moments = (on(2), on(2, 8), on(4))
    found = await members_by_tier(cast("Measured", Earned()), document, moments)
    assert [{tier: count for tier, count in found[moment].items() if count} for moment in moments] == [
        {"member": 1, "green": 1},
        {"member": 1, "green": 2},
        {"member": 1, "green": 1, "evergreen": 1},
    ]


class Asked:
    """Services that answer from a table, and remember what they were asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers, self.asked = answers, list[str]()

    async def get(self, _: str, path: str) -> Any:
        self.asked.append(path)
        return self.answers[path.partition("?")[0]]

    async def post(self, _: str, path: str, body: Any) -> Any:
        self.asked.append(path)
        return {"points": 500} if path.endswith("redemptions") else body

    async def put(self, _: str, path: str, body: Any) -> Any:
        return body

    def client(self, _: str) -> httpx.AsyncClient:
        raise AssertionError


def total(money: str, first: int) -> dict[str, Any]:
    names = ("points", "redeemed", "outstanding", "liability", "low", "high")
    return {"money": money, **{name: first + place for place, name in enumerate(names)}}


async def test_a_quarter_shows_what_was_owed_in_dollars_at_its_end() -> None:
    services = Asked({"/v1/liability": {"totals": [total("EUR", 100), total("USD", 1)]}})
    first, *_ = await club.quarters(cast("Services", services), cast("Measured", Earned()))
    numbers: tuple[Any, ...] = (first.points, first.redeemed, first.outstanding, first.liability, first.low, first.high)
    assert (first.quarter, numbers) == ("1997 Q1", (1, 2, 3, 4, 5, 6))
    assert services.asked[0] == "/v1/liability?as_of=1997-04-01T00:00:00Z"
    assert len(services.asked) == len(club.QUARTERS)
    assert (await club.owed_today(cast("Services", services)), services.asked[-1]) == ("4", "/v1/liability")


async def test_those_who_earned_most_redeem_a_voucher_each() -> None:
    services = Asked({"/v1/members": {"data": [{"customer_id": name} for name in ("a", "b", "c")]}})
    assert await club.redeem(cast("Services", services)) == {"vouchers": 3, "points": 1500}
    assert f"/v1/members?sort=-earned&page[size]={club.REDEEMERS}" in services.asked
    assert [path for path in services.asked if path.endswith("redemptions")] == [
        f"/v1/members/{name}/redemptions" for name in ("a", "b", "c")
    ]


def test_a_what_if_shows_what_was_beside_what_would_have_been() -> None:
    points = [{"currency": "other", "real": 0, "simulated": 0}, {"currency": "points", "real": 1, "simulated": 2}]
    money = {"money": "USD", "cost": "3", "cost_simulated": "4", "liability": "5", "liability_simulated": "6"}
    found = _found(
        {
            "points": points,
            "money": [{**money, "money": "EUR", "cost": "0"}, money],
            "affected": [{"customer_id": "a", "points": points}],
            "tiers": [{"key": "green", "real": 7, "simulated": 8}],
            "facts": 9,
            "members": 10,
            "gaining": 11,
            "losing": 12,
        }
    )
    assert (found.points, found.cost, found.liability) == ((1, 2), ("3", "4"), ("5", "6"))
    assert (found.facts, found.members, found.gaining, found.losing) == (9, 10, 11, 12)
    assert (found.tiers, found.affected) == ({"green": (7, 8)}, [("a", 1, 2)])
