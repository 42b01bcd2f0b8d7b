"""Why: each event tells in words how its points came about, and what time did is told alike before it is booked."""

from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.ledger.events import (
    AccountClosed,
    AccountFrozen,
    AccountUnfrozen,
    ActivityNoted,
    AdjustmentProposed,
    AdjustmentRefused,
    Event,
    ExpiryResumed,
    ExpirySuspended,
    FactJudged,
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
    ProgrammeChosen,
    RefundAwaited,
    RefundRefused,
    SpendReversed,
)
from services.loyalty.domain.ledger.explain import arithmetic, unbooked
from services.loyalty.domain.ledger.movements import ACTIVATED, EXPIRED, RELEASED, Movement
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.fact import Fact, Member
from services.loyalty.domain.rules.trace import Trace
from tests.loyalty.loyalty_facts import ANNA, BERT, RULE, day, earned, reversed_

LOT = "shop:o1"
EARNED = earned("o1", "49.90", 49, 49)
TERMS = Terms(14, valid_months=3)
JUDGED = Judged(Fact("purchase", "shop", "o1", day(0)), Member(), Trace(3))
SPENT = {"shop:early": 20, "shop:late": 5}
REVIVED = PassedOn("shop:early / s1", "shop:early", 20, day(0), day(0))
GIVEN = (ANNA, "t1", BERT, 15, "birthday", {LOT: 15}, (), 0)
GOT = (ANNA, "t1", BERT, 15, (PassedOn("a / t1", "a", 10, day(0), day(0)), PassedOn("b / t1", "b", 5, day(0), day(0))))

EARNING: list[tuple[Event, str]] = [
    (MemberEnrolled(ANNA), "the account begins with 0 points"),
    (ProgrammeChosen(ANNA, "shop"), "the member belongs to the programme shop"),
    (EARNED, "floor(49.90 EUR) = 49 points"),
    (structs.replace(EARNED, debt_repaid=40), "floor(49.90 EUR) = 49 points, 40 of them repaid a debt"),
    (structs.replace(EARNED, rule="spring"), "rule spring = 49 points"),
    (
        structs.replace(EARNED, terms=TERMS, activates_at=day(14), expires_at=day(104)),
        "floor(49.90 EUR) = 49 points; pending for 14 days, valid for 3 months from then (UTC):"
        " from 2026-01-19T09:30:00+00:00 until before 2026-04-19T09:30:00+00:00",
    ),
    (
        structs.replace(EARNED, terms=Terms(inactive_months=6)),
        "floor(49.90 EUR) = 49 points; active at once, until 6 months without activity (UTC):"
        " from 2026-01-05T09:30:00+00:00",
    ),
    (
        structs.replace(EARNED, terms=Terms(awaits="delivery"), awaits="delivery"),
        "floor(49.90 EUR) = 49 points; pending until delivery, valid for ever",
    ),
    (
        FactJudged(ANNA, "shop", JUDGED, {"shop:o1:base:1": 10, "shop:o1:bonus:1": 5}),
        "by version 3 of shop: 10 by shop:o1:base:1 + 5 by shop:o1:bonus:1",
    ),
    (FactJudged(ANNA, "shop", JUDGED, {}), "by version 3 of shop: nothing"),
    (NothingEarned(ANNA, LOT, "shop", "o1", Decimal("0.99"), "EUR", *RULE), "floor(0.99 EUR) = 0 points"),
    (
        NothingEarned(ANNA, LOT, "shop", "o1", Decimal(9), "EUR", *RULE, closed=True),
        "the account was closed",
    ),
]

REFUNDS: list[tuple[Event, str]] = [
    (reversed_(49, "49.90", "0.00", {LOT: 49}, 0, 0), "floor(49.90) - floor(0.00) = 49 points taken back"),
    (
        reversed_(49, "49.90", "0.00", {LOT: 9}, 40, 0),
        "floor(49.90) - floor(0.00) = 49 points taken back, 40 of them are owed",
    ),
    (
        structs.replace(reversed_(49, "49.90", "0.00", {LOT: 39}, 2, 0), cancelled=5, waived=3),
        "floor(49.90) - floor(0.00) = 49 points taken back, 5 of them were before, 3 of them are waived,"
        " 2 of them are owed",
    ),
    (
        structs.replace(reversed_(10, "49.90", "39.90", {}, 0, 0), lot_id="shop:o1:base:1"),
        "with 39.90 left = 10 points taken back",
    ),
    (
        structs.replace(reversed_(10, "49.90", "49.90", {}, 0, 0), lot_id="shop:o1:base:1", refund_id=""),
        "with a fact that was told late = 10 points taken back",
    ),
    (RefundAwaited(ANNA, "shop", "o1", "r1", Decimal("49.90")), "a refund of 49.90 waits for its order"),
    (
        RefundRefused(ANNA, "shop", "o1", "r1", Decimal("60.00"), Decimal("49.90")),
        "a refund of 60.00 doesn't fit: 49.90 were left",
    ),
]

SPENDS: list[tuple[Event, str]] = [
    (PointsSpent(ANNA, "s1", 25, "voucher", SPENT, 0), "20 of shop:early + 5 of shop:late = 25 points spent"),
    (
        PointsSpent(ANNA, "s1", 0, "voucher", {}, 0, 40),
        "none = 0 points spent, of a spend of 40 that several share",
    ),
    (
        SpendReversed(ANNA, "s1", 25, SPENT, {}, 50),
        "20 of shop:early + 5 of shop:late = 25 points returned to their lots",
    ),
    (
        SpendReversed(ANNA, "s1", 25, SPENT, {}, 50, {"shop:late": 5}, revived=(REVIVED,)),
        "20 of shop:early + 5 of shop:late = 25 points returned to their lots,"
        " 5 of shop:late lapsed meanwhile and are forfeited, 20 of shop:early / s1 live on in lots of their own",
    ),
    (PointsGiven(*GIVEN), f"15 of shop:o1 = 15 points given to {BERT}"),
    (PointsGiven(*GIVEN, whole=35), f"15 of shop:o1 = 15 points given to {BERT}, of a gift of 35 that several share"),
    (PointsReceived(*GOT, 15), f"10 of a + 5 of b = 15 points from {BERT}"),
    (
        PointsReceived(*GOT, 8, {"a / t1": 4, "b / t1": 3}),
        f"10 of a + 5 of b = 15 points from {BERT}, 7 of them repaid a debt",
    ),
]

HOLDS: list[tuple[Event, str]] = [
    (PointsHeld(ANNA, "h1", 20, "voucher", {LOT: 20}, 10), "20 of shop:o1 = 20 points held"),
    (
        PointsHeld(ANNA, "h1", 20, "voucher", {LOT: 20}, 10, day(5)),
        "20 of shop:o1 = 20 points held until before 2026-01-10T09:30:00+00:00",
    ),
    (HoldCaptured(ANNA, "h1", 20, {LOT: 20}, 10), "20 of shop:o1 = 20 held points captured"),
    (
        HoldCaptured(ANNA, "h1", 15, {LOT: 15}, 10, {LOT: 5}, forfeited={LOT: 5}),
        "15 of shop:o1 = 15 held points captured, 5 of shop:o1 went back,"
        " 5 of shop:o1 lapsed meanwhile and are forfeited",
    ),
    (HoldReleased(ANNA, "h1", 20, {LOT: 20}, 30), "20 of shop:o1 = 20 held points went back"),
    (
        HoldReleased(ANNA, "h1", 20, {LOT: 20}, 10, forfeited={LOT: 20}, lapsed_at=day(5)),
        "20 of shop:o1 = 20 held points went back, as the time of the hold had come,"
        " 20 of shop:o1 lapsed meanwhile and are forfeited",
    ),
]

TIME: list[tuple[Event, str]] = [
    (PointsActivated(ANNA, LOT, 30, day(14), 30), "30 of shop:o1 can be spent from 2026-01-19T09:30:00+00:00"),
    (PointsExpired(ANNA, LOT, 30, day(31), 0), "30 of shop:o1 were left at 2026-02-05T09:30:00+00:00, and lapsed"),
    (
        PointsRestored(ANNA, LOT, 30, 30),
        "30 of shop:o1 hadn't lapsed: a fact that was told late renewed them",
    ),
    (ActivityNoted(ANNA, day(1)), "active on 2026-01-06T09:30:00+00:00: points that live by activity are renewed"),
    (ExpirySuspended(ANNA, day(1), "ill"), "nothing lapses from 2026-01-06T09:30:00+00:00"),
    (ExpiryResumed(ANNA, day(2)), "points lapse again from 2026-01-07T09:30:00+00:00"),
    (
        PendingActivated(ANNA, "d1", LOT, 30, day(10), day(24), 0),
        "30 of shop:o1 waited for what came on 2026-01-15T09:30:00+00:00: from 2026-01-29T09:30:00+00:00",
    ),
    (
        PendingActivated(ANNA, "d1", LOT, 10, day(10), day(10), 10, day(41), f"{LOT} / d1"),
        "10 of shop:o1 waited for what came on 2026-01-15T09:30:00+00:00: from 2026-01-15T09:30:00+00:00"
        " until before 2026-02-15T09:30:00+00:00, as lot shop:o1 / d1",
    ),
    (
        PendingCancelled(ANNA, "c1", LOT, 12, "never delivered", 0),
        "12 of shop:o1 waited for what won't come, and are taken back",
    ),
    (
        PointsWithheld(ANNA, LOT, 30, 0),
        "30 of shop:o1 look suspicious, and can't be spent until someone has looked",
    ),
    (
        PointsWithheld(ANNA, LOT, 30, 0, until=day(5)),
        "30 of shop:o1 look suspicious, and can't be spent until before 2026-01-10T09:30:00+00:00",
    ),
]

PEOPLE: list[tuple[Event, str]] = [
    (
        AdjustmentProposed(ANNA, "a1", 200, "lost luggage", "carl"),
        "carl asks for +200 points: a second person must confirm it",
    ),
    (PointsAdjusted(ANNA, "a1", -20, "lost luggage", "carl", 10), "-20 points by hand, by carl"),
    (
        PointsAdjusted(ANNA, "a1", 200, "", "carl", 170, debt_repaid=30, confirmed_by="dora"),
        "+200 points by hand, by carl, confirmed by dora, 30 of them repaid a debt",
    ),
    (AdjustmentRefused(ANNA, "a1", "paid already", "dora"), "dora refused the adjustment: nothing was moved"),
    (AccountFrozen(ANNA, "stolen", "carl"), "carl froze the account: nothing can leave it"),
    (AccountUnfrozen(ANNA, "found", "dora"), "dora unfroze the account"),
    (
        PointsForfeited(ANNA, 35, {LOT: 25, "shop:o2": 10}, 0, 0),
        "25 of shop:o1 + 10 of shop:o2 = 35 points lapsed with the close of the account",
    ),
    (
        PointsForfeited(ANNA, 0, {}, 30, 0),
        "none = 0 points lapsed with the close of the account, 30 that were owed are waived",
    ),
    (AccountClosed(ANNA, "asked to leave", "carl"), "carl closed the account"),
]


@pytest.mark.parametrize(("event", "said"), [*EARNING, *REFUNDS, *SPENDS, *HOLDS, *TIME, *PEOPLE])
def test_the_arithmetic_of_an_event_is_told_in_words(event: Event, said: str) -> None:
    assert arithmetic(event) == said


@pytest.mark.parametrize(
    ("kind", "points", "about", "said"),
    [
        (ACTIVATED, 30, LOT, "30 of shop:o1 can be spent from 2026-01-10T09:30:00+00:00, not booked yet"),
        (EXPIRED, -30, LOT, "30 of shop:o1 lapsed from 2026-01-10T09:30:00+00:00, not booked yet"),
        (RELEASED, 20, "h1", "20 of h1 went back from a hold that is over from 2026-01-10T09:30:00+00:00,"
                             " not booked yet"),
    ],
)  # fmt: skip
def test_what_time_did_is_told_before_it_is_booked(kind: str, points: int, about: str, said: str) -> None:
    assert unbooked(Movement(day(5), kind, points, 0, None, about=about)) == said
