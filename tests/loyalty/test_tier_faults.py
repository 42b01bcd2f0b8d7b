"""A tier table that can't be meant is refused, with the place at which it is wrong."""

from decimal import Decimal
from typing import Any

import pytest

from services.loyalty.domain.tiers.faults import faults, faults_after
from services.loyalty.domain.tiers.period import Kind, Period
from services.loyalty.domain.tiers.table import Benefits, Tier, TierTable
from tests.loyalty.tier_facts import FOUR, LIFETIME, MONTH, QUARTER, rolling
from tests.loyalty.told_faults import places as places_of

MEMBER, SILVER, GOLD = FOUR[:3]


def places(*tiers: Tier, **more: Any) -> list[str]:
    return places_of(faults(TierTable(tiers or FOUR, **more), ["points"]))


def test_a_table_in_order_has_no_faults() -> None:
    assert places() == []
    assert places(MEMBER, Tier("silver", 100, events=5), GOLD, Tier("platinum", 500, events=9)) == []


@pytest.mark.parametrize(
    ("tiers", "place"),
    [
        ((), "/tiers"),
        ((SILVER,), "/tiers/0/threshold"),
        ((Tier("member", 0, events=1),), "/tiers/0/threshold"),
        ((MEMBER, GOLD, SILVER), "/tiers/2/threshold"),
        ((MEMBER, SILVER, Tier("gold", 100)), "/tiers/2/threshold"),
        ((MEMBER, SILVER, Tier("silver", 200)), "/tiers/2/name"),
        ((MEMBER, Tier(" ", 200)), "/tiers/1/name"),
        ((MEMBER, Tier("silver", 2**63)), "/tiers/1/threshold"),
        ((MEMBER, Tier("silver", 100, events=-1)), "/tiers/1/events"),
        ((MEMBER, Tier("silver", 100, events=0)), "/tiers/1/events"),
        ((MEMBER, Tier("silver", 100, events=9), Tier("gold", 200, events=9)), "/tiers/2/events"),
        ((MEMBER, Tier("silver", 100, formerly=("member",))), "/tiers/1/formerly"),
        ((MEMBER, Tier("silver", 100, formerly=("a",)), Tier("gold", 200, formerly=("a",))), "/tiers/2/formerly"),
        ((MEMBER, Tier("silver", 100, benefits=Benefits(multiplier=Decimal(0)))), "/tiers/1/benefits/multiplier"),
        ((MEMBER, Tier("silver", 100, benefits=Benefits(multiplier=Decimal("NaN")))), "/tiers/1/benefits/multiplier"),
        ((MEMBER, Tier("silver", 100, benefits=Benefits(reward_price=Decimal(-1)))), "/tiers/1/benefits/reward_price"),
    ],
)
def test_tiers_must_ascend_from_everybodys_under_names_of_their_own(tiers: tuple[Tier, ...], place: str) -> None:
    assert places_of(faults(TierTable(tiers), ["points"])) == [place]


def test_a_negative_threshold_is_told_beside_what_else_is_wrong() -> None:
    assert places(Tier("member", -5), SILVER) == ["/tiers/0/threshold", "/tiers/0/threshold"]


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"currency": "miles"}, "/currency"),
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"zone": "/etc"}, "/zone"),
        ({"grace_months": -1}, "/grace_months"),
        ({"grace_days": -1}, "/grace_days"),
        ({"grace_months": 12}, "/grace_months"),
        ({"grace_days": 365}, "/grace_days"),
        ({"period": MONTH, "grace_days": 28}, "/grace_days"),
        ({"period": QUARTER, "grace_months": 3}, "/grace_months"),
        ({"period": LIFETIME, "grace_days": 1}, "/grace_days"),
        ({"period": rolling(6), "grace_months": 6}, "/grace_months"),
        ({"period": Period(Kind.ROLLING)}, "/period/months"),
        ({"period": rolling(0)}, "/period/months"),
        ({"period": Period(Kind.YEAR, 6)}, "/period/months"),
    ],
)
def test_the_rest_of_a_table_must_make_sense(more: dict[str, Any], place: str) -> None:
    assert places(**more) == [place]


@pytest.mark.parametrize(
    "more",
    [
        {"grace_months": 11},
        {"grace_days": 364},
        {"period": MONTH, "grace_days": 27},
        {"period": QUARTER, "grace_months": 2},
        {"period": rolling(6), "grace_months": 5},
    ],
)
def test_a_grace_that_is_shorter_than_the_period_is_none(more: dict[str, Any]) -> None:
    assert places(**more) == []


def test_a_next_version_keeps_the_order_of_what_it_keeps() -> None:
    before = TierTable((MEMBER, SILVER, GOLD))
    assert faults_after(before, TierTable((MEMBER, Tier("gold", 10), Tier("silver", 20)))) == [
        ("/tiers/1/name", "'gold' stood above 'silver' until now, and must not come to stand below it")
    ]
    assert [place for place, _ in faults_after(before, TierTable((MEMBER, SILVER, GOLD), "miles"))] == ["/currency"]
    renamed = TierTable((MEMBER, Tier("or", 10, formerly=("gold",)), Tier("silver", 20)))
    assert [place for place, _ in faults_after(before, renamed)] == ["/tiers/1/name"]
    assert faults_after(before, TierTable((MEMBER, Tier("silver", 5), Tier("bronze", 7), GOLD))) == []
