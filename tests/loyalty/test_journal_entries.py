"""Which accounts each event moves points between, and by how many: reckoned by hand, for each kind."""

from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.events import (
    AccountFrozen,
    Event,
    HoldCaptured,
    HoldReleased,
    MemberEnrolled,
    NothingEarned,
    PassedOn,
    PendingActivated,
    PendingCancelled,
    PointsActivated,
    PointsAdjusted,
    PointsExpired,
    PointsForfeited,
    PointsGiven,
    PointsHeld,
    PointsReceived,
    PointsRestored,
    PointsSpent,
    PointsWithheld,
    SpendReversed,
)
from services.loyalty.domain.ledger.journal import Journal, journal
from tests.loyalty.loyalty_facts import ANNA, BERT, RULE, day, earned, reversed_

LOT = "shop:o1"
EARNED = structs.replace(earned("o1", "50", 50, 0, repaid=7), pending=13)
TAKEN_BACK = structs.replace(
    reversed_(49, "49.90", "0.00", {LOT: 20, "shop:o2": 9}, 11, 0),
    pending={LOT: 3, "shop:o2": 2},
    expired=4,
    cancelled=6,
    lapsed={f"{LOT} / d1": 1},
    waived=3,
)
PART = PassedOn("a / t1", "a", 15, day(0), day(0))

ENTRIES: list[tuple[Event, Journal]] = [
    (EARNED, {"issued": -50, "member": 30, "pending": 13, "debt": 7}),
    (structs.replace(EARNED, partner="bank"), {"partner": -50, "member": 30, "pending": 13, "debt": 7}),
    # Of 49 points 9 move nothing: 6 were cancelled before, 3 are waived. Of 40, 11 are owed, 5 pending, 5 lapsed.
    (TAKEN_BACK, {"member": -19, "pending": -5, "breakage": -5, "debt": -11, "issued": 40}),
    (
        structs.replace(TAKEN_BACK, partner="bank"),
        {"member": -19, "pending": -5, "breakage": -5, "debt": -11, "partner": 40},
    ),
    (PointsSpent(ANNA, "s1", 25, "voucher", {LOT: 25}, 0), {"member": -25, "redeemed": 25}),
    (
        SpendReversed(ANNA, "s1", 25, {LOT: 25}, {LOT: 6, "b": 1}, 0, {"c": 3, "d": 2}),
        {"redeemed": -25, "member": 13, "debt": 7, "breakage": 5},
    ),
    (PointsHeld(ANNA, "h1", 20, "voucher", {LOT: 20}, 0), {"member": -20, "held": 20}),
    (
        HoldCaptured(ANNA, "h1", 12, {LOT: 12}, 0, {LOT: 5, "b": 3}, {LOT: 2}, {"b": 1}),
        {"held": -20, "redeemed": 12, "member": 5, "debt": 2, "breakage": 1},
    ),
    (
        HoldReleased(ANNA, "h1", 20, {LOT: 20}, 0, {LOT: 6}, {"b": 5}),
        {"held": -20, "member": 9, "debt": 6, "breakage": 5},
    ),
    (PointsActivated(ANNA, LOT, 30, day(14), 0), {"pending": -30, "member": 30}),
    (PointsExpired(ANNA, LOT, 30, day(31), 0), {"member": -30, "breakage": 30}),
    (PointsRestored(ANNA, LOT, 30, 0), {"breakage": -30, "member": 30}),
    (PendingActivated(ANNA, "d1", LOT, 30, day(1), day(3), 0, pending=12), {"pending": -18, "member": 18}),
    (PendingCancelled(ANNA, "c1", LOT, 12, "x", 0), {"pending": -12, "issued": 12}),
    (PendingCancelled(ANNA, "c1", LOT, 12, "x", 0, partner="bank"), {"pending": -12, "partner": 12}),
    (PointsWithheld(ANNA, LOT, 30, 0, 22), {"member": -22, "pending": 22}),
    (PointsGiven(ANNA, "t1", BERT, 15, "x", {LOT: 15}, (PART,), 0), {"member": -15, "transfers": 15}),
    (
        PointsReceived(BERT, "t1", ANNA, 15, (PART,), 0, {"a / t1": 4}),
        {"transfers": -15, "member": 11, "debt": 4, "breakage": 0},
    ),
    (
        PointsAdjusted(ANNA, "a1", 50, "x", "carl", 0, debt_repaid=8),
        {"issued": -50, "member": 42, "pending": 0, "debt": 8},
    ),
    (
        PointsAdjusted(ANNA, "a1", -50, "x", "carl", 0, allocations={LOT: 50}, pending={LOT: 20, "b": 1}),
        {"issued": 50, "member": -29, "pending": -21, "debt": 0},
    ),
    (
        PointsForfeited(ANNA, 35, {LOT: 35}, 6, 0, {LOT: 10}),
        {"member": -25, "pending": -10, "breakage": 35, "debt": 6, "issued": -6},
    ),
    (NothingEarned(ANNA, LOT, "shop", "o1", Decimal("0.99"), "EUR", *RULE), {}),
    (MemberEnrolled(ANNA), {}),
    (AccountFrozen(ANNA, "x", "carl"), {}),
]


@pytest.mark.parametrize(("event", "entries"), ENTRIES)
def test_an_events_entries_are_these_and_sum_to_nothing(event: Event, entries: Journal) -> None:
    assert journal(event) == entries
    assert sum(entries.values()) == 0
