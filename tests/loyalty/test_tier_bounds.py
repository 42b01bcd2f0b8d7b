"""A tier table at its bounds: what is just allowed, and what is just too much or too little."""

from decimal import Decimal
from typing import Any

import pytest

from services.loyalty.domain.tiers.faults import LARGEST, LONGEST_NAME, MOST_TIERS, faults, faults_after
from services.loyalty.domain.tiers.table import Benefits, Tier, TierTable
from tests.loyalty.tier_facts import FOUR, LIFETIME, MONTH, QUARTER, rolling
from tests.loyalty.told_faults import places

MEMBER, SILVER, GOLD = FOUR[:3]


def told(*tiers: Tier, **more: Any) -> list[tuple[str, str]]:
    return faults(TierTable(tiers or FOUR, **more), ["points"])


def many(number: int) -> tuple[Tier, ...]:
    return tuple(Tier(f"t{place}", place) for place in range(number))


def silver(**more: Any) -> Tier:
    return Tier("silver", 100, benefits=Benefits(**more))


@pytest.mark.parametrize(
    "tiers",
    [
        (MEMBER,),
        many(MOST_TIERS),
        (MEMBER, Tier("s" * LONGEST_NAME, 100)),
        (MEMBER, Tier("s", 1)),
        (MEMBER, Tier("silver", LARGEST)),
        (Tier("member", 0, events=0), SILVER),
        (MEMBER, Tier("silver", 100, events=1)),
        (MEMBER, Tier("silver", 100, events=1), GOLD, Tier("platinum", 500, events=2)),
        (MEMBER, silver(multiplier=Decimal(1))),
        (MEMBER, silver(multiplier=Decimal(1000))),
        (MEMBER, silver(reward_price=Decimal("0.000001"))),
        (MEMBER, silver(reward_price=Decimal(1000))),
        (MEMBER, Tier("silver", 100, formerly=("bronze", "argent")), Tier("gold", 101, formerly=("or",))),
    ],
)
def test_tiers_may_be_as_many_and_as_dear_as_their_bounds(tiers: tuple[Tier, ...]) -> None:
    assert told(*tiers) == []


@pytest.mark.parametrize(
    ("tiers", "place"),
    [
        (many(MOST_TIERS + 1), "/tiers"),
        ((MEMBER, Tier("s" * (LONGEST_NAME + 1), 100)), "/tiers/1/name"),
        ((MEMBER, Tier("", 100)), "/tiers/1/name"),
        ((MEMBER, Tier("silver ", 100)), "/tiers/1/name"),
        ((Tier("member", 1), SILVER), "/tiers/0/threshold"),
        ((MEMBER, Tier("silver", 0)), "/tiers/1/threshold"),
        ((MEMBER, silver(multiplier=Decimal("0.99"))), "/tiers/1/benefits/multiplier"),
        ((MEMBER, silver(multiplier=Decimal("1000.1"))), "/tiers/1/benefits/multiplier"),
        ((MEMBER, silver(reward_price=Decimal(0))), "/tiers/1/benefits/reward_price"),
        ((MEMBER, silver(reward_price=Decimal("1000.1"))), "/tiers/1/benefits/reward_price"),
        ((MEMBER, silver(reward_price=Decimal("NaN"))), "/tiers/1/benefits/reward_price"),
        ((MEMBER, Tier("silver", 100, events=2), GOLD, Tier("platinum", 500, events=1)), "/tiers/3/events"),
        ((MEMBER, SILVER, Tier("gold", 200, events=0)), "/tiers/2/events"),
        ((MEMBER, Tier("silver", 100, formerly=("a", "a"))), "/tiers/1/formerly"),
        ((MEMBER, Tier("silver", 100, formerly=("gold",)), GOLD), "/tiers/1/formerly"),
    ],
)
def test_beyond_their_bounds_they_are_refused_by_their_place(tiers: tuple[Tier, ...], place: str) -> None:
    assert places(told(*tiers)) == [place]


@pytest.mark.parametrize(
    "more",
    [
        {"period": rolling(1)},
        {"period": rolling(120)},
        {"period": rolling(1), "grace_days": 27},
        {"period": rolling(2), "grace_days": 57},
        {"period": rolling(12), "grace_days": 364},
        {"period": QUARTER, "grace_days": 89},
        {"grace_months": 11, "grace_days": 23},
        {"period": LIFETIME},
    ],
)
def test_a_period_and_its_grace_may_be_as_long_as_their_bounds(more: dict[str, Any]) -> None:
    assert told(**more) == []


def shorter(days: int) -> str:
    return f"the grace must be shorter than the period, which may have no more than {days} days"


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"period": rolling(121)}, ("/period/months", "must say how many months roll: 1 to 120")),
        ({"period": rolling(2), "grace_days": 58}, ("/grace_days", shorter(58))),
        ({"period": rolling(12), "grace_days": 365}, ("/grace_days", shorter(365))),
        ({"period": QUARTER, "grace_days": 90}, ("/grace_days", shorter(90))),
        ({"period": MONTH, "grace_days": 28}, ("/grace_days", shorter(28))),
        ({"grace_months": 11, "grace_days": 24}, ("/grace_months", shorter(365))),
        ({"period": LIFETIME, "grace_months": 1}, ("/grace_months", "a lifetime has no reviews, and so no grace")),
        ({"zone": "Mars/Olympus"}, ("/zone", "is no time zone: name one such as Europe/Berlin")),
        ({"currency": "miles"}, ("/currency", "'miles' is not declared")),
    ],
)
def test_beyond_them_it_is_told_what_it_must_be(more: dict[str, Any], found: tuple[str, str]) -> None:
    assert told(**more) == [found]


def test_a_tier_that_asks_for_less_than_the_one_before_is_told_which_that_is() -> None:
    assert told(MEMBER, Tier("silver", 100, events=5), Tier("gold", 100, events=5)) == [
        ("/tiers/2/threshold", "must be above 100, the threshold of 'silver'"),
        ("/tiers/2/events", "must be above 5, the events of 'silver'"),
    ]


def test_a_name_that_is_used_twice_is_told() -> None:
    assert told(MEMBER, SILVER, Tier("silver", 200, formerly=("member",))) == [
        ("/tiers/2/name", "'silver' is the name of another one too"),
        ("/tiers/2/formerly", "'member' is the name of another one, or stands there too"),
    ]


def test_a_next_version_may_not_let_one_tier_come_below_another_however_many_lie_between() -> None:
    before = TierTable(FOUR)
    turned = TierTable((MEMBER, Tier("platinum", 10), Tier("silver", 20), Tier("gold", 30)))
    assert faults_after(before, turned) == [
        ("/tiers/1/name", "'platinum' stood above 'gold' until now, and must not come to stand below it")
    ]
    merged = TierTable((MEMBER, Tier("noble", 10, formerly=("silver", "gold")), Tier("platinum", 20)))
    assert faults_after(before, merged) == []
    assert faults_after(before, TierTable(FOUR, "miles")) == [("/currency", "must stay 'points': it was earned")]
