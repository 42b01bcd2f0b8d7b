"""An event adds what it moved to an account, whether those before it are known or not, and in any order."""

from decimal import Decimal
from itertools import permutations

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.account import (
    Account,
    AdjustmentMade,
    GiftMade,
    HoldMade,
    SpendMade,
)
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    AdjustmentProposed,
    AdjustmentRefused,
    Event,
    HoldCaptured,
    HoldReleased,
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
from services.loyalty.domain.ledger.lot import BY_HAND, NEVER, REVIEW, Holding, Lot
from services.loyalty.domain.programme.terms import Terms
from tests.loyalty.loyalty_facts import ANNA, BERT, day, earned, reversed_

LOT, OTHER = "shop:o1", "shop:o2"
MILES = "miles"
IDLE = Terms(inactive_months=6)
PART = PassedOn("a / t1", "a", 15, day(0), day(1), day(9), "base", 2, "7", "bank", None, IDLE)
EARNED = structs.replace(earned("o1", "50", 50, 0, repaid=7), points_currency=MILES, pending=13)
SPENT = PointsSpent(ANNA, "s1", 25, "voucher", {LOT: 25}, 0, 40, MILES)
HELD = PointsHeld(ANNA, "h1", 20, "voucher", {LOT: 20}, 0, day(5), 30, MILES)
CAPTURED = HoldCaptured(ANNA, "h1", 12, {LOT: 12}, 0, {LOT: 8}, {LOT: 2}, {OTHER: 1}, 22, MILES)
TAKEN_BACK = structs.replace(
    reversed_(49, "49.90", "10.00", {LOT: 20, OTHER: 9}, 11, 0),
    pending={LOT: 3},
    expired=4,
    cancelled=6,
    lapsed={"x": 1},
    waived=3,
    points_currency=MILES,
)


def lot(name: str, **parts: object) -> Lot:
    return structs.replace(Lot(name, points_currency=MILES), **parts)


ALONE: list[tuple[Event, list[Lot], int]] = [
    (SPENT, [lot(LOT, spent=25)], 0),
    (
        SpendReversed(ANNA, "s1", 25, {LOT: 25}, {LOT: 6}, 0, {OTHER: 3}, MILES),
        [lot(LOT, spent=-19), lot(OTHER, lapsed=3)],
        -6,
    ),
    (
        SpendReversed(ANNA, "s1", 15, {"a": 15}, {}, 0, {}, MILES, (PART,)),
        [lot("a", spent=-15, transferred=15), lot(PART.lot_id, **structs.asdict(PART))],
        0,
    ),
    (HELD, [lot(LOT, holdings=(Holding("h1", 20, day(5)),))], 0),
    (CAPTURED, [lot(LOT, spent=14), lot(OTHER, lapsed=1)], -2),
    (
        HoldReleased(ANNA, "h1", 20, {LOT: 20}, 0, {LOT: 6}, {OTHER: 5}, None, MILES),
        [lot(LOT, spent=6), lot(OTHER, lapsed=5)],
        -6,
    ),
    (structs.replace(CAPTURED, repaid={"x": 2}), [lot("x", spent=2), lot(OTHER, lapsed=1), lot(LOT, spent=12)], -2),
    (
        SpendReversed(ANNA, "s1", 25, {LOT: 25}, {"x": 6}, 0, {}, MILES),
        [lot(LOT, spent=-25), lot("x", spent=6)],
        -6,
    ),
    (
        structs.replace(TAKEN_BACK, allocations={}, pending={}, lapsed={}),
        [lot(LOT, refunded=Decimal("39.90"), lapsed=-4, cancelled=-6)],
        11,
    ),
    (PointsActivated(ANNA, LOT, 30, day(14), 0, MILES), [lot(LOT, awaited=-30)], 0),
    (PointsExpired(ANNA, LOT, 30, day(31), 0, MILES), [lot(LOT, lapsed=30)], 0),
    (PointsRestored(ANNA, LOT, 30, 0, MILES), [lot(LOT, lapsed=-30)], 0),
    (
        PendingActivated(ANNA, "d1", LOT, 30, day(1), day(3), 0, day(40), None, 12, IDLE, MILES),
        [lot(LOT, awaited=-18, activates_at=day(3), expires_at=day(40), terms=IDLE)],
        0,
    ),
    (
        PendingActivated(ANNA, "d1", LOT, 30, day(1), day(3), 0, day(40), "part", 12, IDLE, MILES),
        [
            lot(LOT, awaited=-30, transferred=30),
            lot("part", points=30, origin=LOT, awaited=12, activates_at=day(3), expires_at=day(40), terms=IDLE),
        ],
        0,
    ),
    (PendingCancelled(ANNA, "c1", LOT, 12, "x", 0, MILES), [lot(LOT, awaited=-12, reversed=12, cancelled=12)], 0),
    (
        PointsWithheld(ANNA, LOT, 30, 0, 22, day(5), day(40), MILES),
        [lot(LOT, awaited=22, activates_at=day(5), expires_at=day(40), awaits=REVIEW, withheld_until=day(5))],
        0,
    ),
    (
        PointsWithheld(ANNA, LOT, 30, 0, 22, points_currency=MILES),
        [lot(LOT, awaited=22, activates_at=NEVER, awaits=REVIEW)],
        0,
    ),
    (PointsGiven(ANNA, "t1", BERT, 15, "x", {LOT: 15}, (PART,), 0, 35, MILES), [lot(LOT, transferred=15)], 0),
    (
        PointsReceived(BERT, "t1", ANNA, 15, (PART,), 0, {PART.lot_id: 4}, MILES),
        [lot(PART.lot_id, **{**structs.asdict(PART), "spent": 4})],
        -4,
    ),
    (
        PointsAdjusted(
            ANNA, "a1", -50, "x", "carl", 0, allocations={LOT: 50}, pending={LOT: 20}, points_currency=MILES
        ),
        [lot(LOT, reversed=50, awaited=-20)],
        0,
    ),
    (
        PointsAdjusted(ANNA, "a1", 50, "x", "carl", 0, "hand", day(2), day(40), 8, terms=IDLE, points_currency=MILES),
        [
            lot(
                "hand",
                points=50,
                spent=8,
                earned_at=day(2),
                activates_at=day(2),
                expires_at=day(40),
                rule=BY_HAND,
                terms=IDLE,
            )
        ],
        -8,
    ),
    (
        PointsForfeited(ANNA, 35, {LOT: 35}, 6, 0, {LOT: 10}, MILES),
        [lot(LOT, forfeited=35, awaited=-10)],
        -6,
    ),
    (
        TAKEN_BACK,
        [
            lot(OTHER, spent=9),
            lot(LOT, awaited=-3, refunded=Decimal("39.90"), reversed=20, lapsed=-4, cancelled=-6),
            lot("x", lapsed=-1),
        ],
        11,
    ),
]


@pytest.mark.parametrize(("event", "lots", "owed"), ALONE)
def test_an_event_alone_adds_what_it_moved_to_lots_and_debts_of_its_currency(
    event: Event, lots: list[Lot], owed: int
) -> None:
    account = ACCOUNT.fold([event])
    assert dict(account.kept) == {one.lot_id: one for one in lots}
    assert account.debts == ({MILES: owed} if owed else {})


@pytest.mark.parametrize(
    "event", [event for event, *_ in ALONE if not isinstance(event, PointsWithheld | PendingActivated)]
)
def test_what_is_told_before_its_order_comes_to_what_it_would_have_after_it(event: Event) -> None:
    before, after = ACCOUNT.fold([event, EARNED]), ACCOUNT.fold([EARNED, event])
    assert dict(before.kept) == dict(after.kept)
    assert before.debts == after.debts


def test_an_action_and_a_spend_that_are_told_first_are_kept_by_the_lot_that_comes_after_them() -> None:
    acted = PendingActivated(ANNA, "d1", LOT, 50, day(1), day(3), 0, day(40), points_currency=MILES)
    waits = structs.replace(EARNED, awaits="delivery", pending=50)
    kept = ACCOUNT.fold([acted, waits]).kept[LOT]
    assert (kept.activates_at, kept.expires_at, kept.awaited) == (day(3), day(40), 0)
    by_hand = PointsAdjusted(ANNA, "a1", 50, "x", "carl", 0, LOT, day(2), points_currency=MILES)
    assert ACCOUNT.fold([SPENT, by_hand]).kept == ACCOUNT.fold([by_hand, SPENT]).kept


def test_a_hold_its_capture_and_its_order_come_to_the_same_in_any_order() -> None:
    told: list[Event] = [EARNED, HELD, CAPTURED]
    accounts = [ACCOUNT.fold(those) for those in permutations(told)]
    assert {repr(sorted(account.kept.items())) for account in accounts} == {repr(sorted(accounts[0].kept.items()))}
    assert {account.holds["h1"].ended for account in accounts} == {True}


def test_what_an_event_names_is_remembered_with_its_reason_its_whole_and_its_currency() -> None:
    assert ACCOUNT.fold([SPENT]).spends == {"s1": SpendMade(25, 40, "voucher", {LOT: 25}, False, MILES)}
    own = structs.replace(SPENT, whole=None)
    assert ACCOUNT.fold([own]).spends["s1"].whole == 25
    held = HoldMade(20, 30, "voucher", {LOT: 20}, day(5), MILES)
    assert ACCOUNT.fold([HELD]).holds == {"h1": held}
    account = ACCOUNT.fold([HELD, CAPTURED])
    assert account.holds == {"h1": structs.replace(held, ended=True)}
    assert account.spends == {"h1": SpendMade(12, 22, "voucher", {LOT: 12}, False, MILES)}
    assert ACCOUNT.fold([CAPTURED]).holds["h1"] == HoldMade(12, ended=True)
    gift = PointsGiven(ANNA, "t1", BERT, 15, "x", {LOT: 15}, (), 0, 35, MILES)
    assert ACCOUNT.fold([gift]).gifts == {"t1": GiftMade(BERT, 15, 35, "x", MILES)}
    got = PointsReceived(BERT, "t1", ANNA, 0, (), 0)
    assert ACCOUNT.fold([got]).received == (f"{ANNA}:t1",)
    back = SpendReversed(ANNA, "s1", 25, {LOT: 25}, {}, 0, {}, MILES)
    assert ACCOUNT.fold([SPENT, back]).spends["s1"].reversed
    assert ACCOUNT.fold([back]).spends == {}
    assert ACCOUNT.fold([PendingCancelled(ANNA, "c1", LOT, 12, "x", 0)]).actions == {"c1": 12}


def test_an_adjustment_keeps_the_reason_that_it_was_proposed_with() -> None:
    proposed = AdjustmentProposed(ANNA, "a1", 200, "lost luggage", "carl", MILES)
    made = PointsAdjusted(ANNA, "a1", 200, "", "carl", 0, "hand", day(2), points_currency=MILES, confirmed_by="dora")
    kept = AdjustmentMade(200, "lost luggage", "carl", "proposed", MILES)
    assert ACCOUNT.fold([proposed]).adjustments == {"a1": kept}
    assert ACCOUNT.fold([proposed, made]).adjustments == {"a1": structs.replace(kept, status="made")}
    assert ACCOUNT.fold([made, proposed]).adjustments["a1"].status == "made"
    assert ACCOUNT.fold([made]).adjustments["a1"].reason == ""
    own = structs.replace(made, reason="found again")
    assert ACCOUNT.fold([proposed, own]).adjustments["a1"].reason == "found again"
    refused = AdjustmentRefused(ANNA, "a1", "paid already", "dora")
    assert ACCOUNT.fold([proposed, refused]).adjustments == {"a1": structs.replace(kept, status="refused")}
    assert ACCOUNT.fold([refused]).adjustments == {"a1": AdjustmentMade(0, "", "", "refused")}
    untimed = structs.replace(made, adjusted_at=None)
    assert ACCOUNT.fold([untimed]).kept["hand"].is_pending(day(-9999)) is False


@pytest.mark.parametrize("event", [event for event, *_ in ALONE] + [structs.replace(EARNED, terms=IDLE)])
def test_an_account_renews_by_activity_from_the_first_lot_that_lives_by_it(event: Event) -> None:
    lives = any(one.terms == IDLE for one in ACCOUNT.fold([event]).kept.values())
    received = isinstance(event, PointsReceived)  # what was given keeps the end that it had
    assert ACCOUNT.fold([event]).renews is (lives and not received)
    plain = ACCOUNT.fold([EARNED])
    assert (plain.renews, Account().renews) == (False, False)
