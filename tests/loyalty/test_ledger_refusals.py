"""What the ledger refuses it refuses in a sentence that says why, with the numbers, and what helps."""

from typing import Any

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.account import LARGEST
from services.loyalty.domain.ledger.commands import (
    Activate,
    Adjust,
    CancelPending,
    Capture,
    Close,
    Command,
    ConfirmAdjustment,
    Freeze,
    Give,
    Hold,
    Receive,
    RefuseAdjustment,
    Release,
    ResumeExpiry,
    SuspendExpiry,
)
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.ledger.policies import AdjustmentPolicy, TransferPolicy
from services.loyalty.domain.ledger.withheld import Withhold
from services.loyalty.domain.programme.terms import Terms
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, BERT, ENROLLED, day, earn, earned, history_of, refund, spend, take_back

LOT = "shop:o1"
EARNED = earn("o1", "30")
QUALIFYING = Declared(qualifying=("status",))


def hold(name: str, points: int, until: float | None = None) -> Hold:
    return Hold(ANNA, name, points, "voucher", day(0), None if until is None else day(until))


def give(points: int, **policy: Any) -> Give:
    return Give(ANNA, BERT, "t1", points, "birthday", day(1), policy=TransferPolicy(**policy))


def adjust(points: int) -> Adjust:
    return Adjust(ANNA, "a1", points, "lost luggage", "carl", day(1), policy=AdjustmentPolicy(alone=100))


FREEZE = Freeze(ANNA, "stolen", "carl", day(1))
CLOSE = Close(ANNA, "asked to leave", "carl", day(2))
DELIVERY = earn("o1", "30", terms=Terms(awaits="delivery"))
ACTIVATE = Activate(ANNA, "d1", LOT, day(1), day(1), 10)
REFUSE = RefuseAdjustment(ANNA, "a1", "paid already", "dora", day(2))
CONFIRM = ConfirmAdjustment(ANNA, "a1", "dora", day(2))

Case = tuple[tuple[Command, ...], Command, str]

STANDING: list[Case] = [
    ((EARNED, CLOSE), spend("s1", 5), "The account is closed."),
    ((EARNED, CLOSE), FREEZE, "The account is closed."),
    ((EARNED, FREEZE), spend("s1", 5), "The account is frozen: nothing can be spent, held, captured or given."),
    ((), FREEZE, "The customer is no member."),
    ((EARNED, hold("h1", 5), hold("h2", 5, 9)), CLOSE, "Capture or release what is held first: h1, h2."),
]

SPENDING: list[Case] = [
    ((EARNED,), spend("s1", 0), "Ask for at least one point."),
    ((EARNED,), spend("s1", 31), "The balance is 30 points, and 31 were asked for. Ask for at most the balance."),
    (
        (EARNED, spend("s1", 30), refund("r1", "o1", "20")),
        spend("s2", 1),
        "The account owes 20 points. They are repaid by the next earnings.",
    ),
    ((EARNED, spend("s1", 5)), spend("s1", 6), "Spend s1 is known with 5 points."),
    ((EARNED, hold("h1", 5)), spend("h1", 5), "h1 is known as a hold. Use another id."),
    ((EARNED,), take_back("s9"), "The account has no spend s9."),
    (
        (EARNED,),
        structs.replace(spend("s1", 5), points_currency="gold", declared=QUALIFYING),
        "There is no point currency gold: points, status.",
    ),
    (
        (EARNED,),
        structs.replace(spend("s1", 5), points_currency="status", declared=QUALIFYING),
        "status only qualify for a tier: they can't be spent or given.",
    ),
]

HOLDS: list[Case] = [
    ((EARNED, spend("s1", 5)), hold("s1", 5), "s1 is known as a spend. Use another id."),
    ((EARNED,), hold("h1", 5, 0), "A hold must last until a later time than now."),
    ((EARNED, hold("h1", 5)), hold("h1", 6), "Hold h1 is known with 5 points."),
    (
        (EARNED, hold("h1", 5), Capture(ANNA, "h1", day(0))),
        Capture(ANNA, "h1", day(0), 4),
        "Hold h1 was captured with 5 points.",
    ),
    (
        (EARNED, hold("h1", 5)),
        Capture(ANNA, "h1", day(0), 6),
        "5 points are held. Capture at least 1, at most those.",
    ),
    (
        (EARNED, hold("h1", 5), Capture(ANNA, "h1", day(0))),
        Release(ANNA, "h1", day(0)),
        "Hold h1 was captured. Take the spend of that id back.",
    ),
    ((EARNED,), Release(ANNA, "h9", day(0)), "The account has no hold h9."),
    (
        (EARNED, hold("h1", 5, 3)),
        Capture(ANNA, "h1", day(3)),
        "Hold h1 is over: its points went back. Place a new one.",
    ),
]

GIFTS: list[Case] = [
    ((EARNED,), structs.replace(give(5), to=ANNA), "Points can't be given to oneself."),
    ((EARNED,), give(5, allowed=False), "The programme doesn't let members give points to each other."),
    ((EARNED,), give(5, at_most=4), "Give at least 1 points, at most 4."),
    ((EARNED,), give(5, at_least=6), "Give at least 6 points."),
    ((EARNED, give(5)), give(6), "Transfer t1 is known with 5 points."),
    ((), Receive(BERT, ANNA, "t1", (), day(1)), "Whoever is to get the points is no member."),
    ((EARNED, FREEZE), Receive(ANNA, BERT, "t1", (), day(1)), "The account that is to get the points is frozen."),
    ((EARNED, CLOSE), Receive(ANNA, BERT, "t1", (), day(1)), "The account that is to get the points is closed."),
]

ADJUSTMENTS: list[Case] = [
    ((EARNED,), adjust(0), "Give or take at least one point."),
    ((EARNED, adjust(50)), adjust(51), "Adjustment a1 is known with 50 points."),
    (
        (EARNED, adjust(200)),
        structs.replace(CONFIRM, actor="carl"),
        "carl asked for it: somebody else must confirm it.",
    ),
    ((EARNED,), CONFIRM, "The account has no adjustment a1."),
    ((EARNED, adjust(200), REFUSE), CONFIRM, "Adjustment a1 is refused already."),
    ((EARNED, adjust(200), CONFIRM), REFUSE, "Adjustment a1 is made already."),
    ((EARNED,), adjust(-31), "The account holds 30 points: take at most those."),
]

EARNING: list[Case] = [
    (
        (EARNED,),
        earn("o1", "31.50"),
        "Order o1 of shop has earned on 30 EUR; this one says 31.50 EUR. Refund the order to correct it.",
    ),
    ((EARNED, refund("r1", "o1", "5")), refund("r1", "o1", "6"), "Refund r1 is known with 5. Use another id."),
    (
        (EARNED, refund("r1", "o1", "5")),
        refund("r2", "o1", "26"),
        "Of order o1, 25 EUR are left, and 26 were to be refunded. Refund at most what is left.",
    ),
]

WAITING: list[Case] = [
    (
        (earn("o1", "30", 5, terms=Terms(awaits="delivery")),),
        ACTIVATE,
        "Lot shop:o1 was earned later, on 2026-01-10T09:30:00+00:00.",
    ),
    ((DELIVERY, ACTIVATE), structs.replace(ACTIVATE, points=11), "d1 is known with 10 points. Use another id."),
    ((), ACTIVATE, "The account has no lot shop:o1."),
    ((EARNED,), ACTIVATE, "Lot shop:o1 waits for no action."),
    (
        (EARNED, Withhold(ANNA, LOT, day(0))),
        CancelPending(ANNA, "c1", LOT, "x", day(1)),
        "The points of shop:o1 are withheld until someone has looked at them.",
    ),
    (
        (DELIVERY,),
        structs.replace(ACTIVATE, points=31),
        "30 points of shop:o1 wait. Name at least 1, at most those.",
    ),
    (
        (EARNED, SuspendExpiry(ANNA, day(1), "ill", day(1)), ResumeExpiry(ANNA, day(9), day(9))),
        SuspendExpiry(ANNA, day(8), "ill", day(9)),
        "An earlier exemption lasted longer. Begin at its end.",
    ),
    (
        (EARNED, SuspendExpiry(ANNA, day(5), "ill", day(5))),
        ResumeExpiry(ANNA, day(4), day(9)),
        "An exemption can't end before it began.",
    ),
]

ALL = [*STANDING, *SPENDING, *HOLDS, *GIFTS, *ADJUSTMENTS, *EARNING, *WAITING]


def refused(history: list[Event], command: Command) -> str:
    rejection = given(ACCOUNT, *history).when(command).rejection
    assert rejection is not None
    return rejection.detail


@pytest.mark.parametrize(("before", "command", "says"), ALL)
def test_a_refusal_says_why(before: tuple[Command, ...], command: Command, says: str) -> None:
    assert refused(history_of(*before), command) == says


def test_what_would_not_fit_is_told_with_what_there_is() -> None:
    full: list[Event] = [ENROLLED, earned("o1", "1.00", LARGEST, LARGEST)]
    assert refused(full, earn("o2", "1")) == "The account holds 9223372036854775807 points; 1 more don't fit."
    almost: list[Event] = [ENROLLED, earned("o1", "1.00", LARGEST - 1, LARGEST - 1)]
    assert len(ACCOUNT.decide(earn("o2", "1"), ACCOUNT.fold(almost))) == 1
