"""A lot that comes out of another keeps what is known of it: its order, its rule, who issued it and at what cost."""

from datetime import datetime
from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.commands import Activate, Adjust, CancelPending, Earn, Give, Receive, Spend
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event, MemberEnrolled, PendingCancelled, PointsEarned, PointsGiven
from services.loyalty.domain.ledger.lot import BY_HAND, Lot, UnitCost
from services.loyalty.domain.ledger.policies import LapsePolicy
from services.loyalty.domain.ledger.withheld import Clear, Deny, Withhold
from services.loyalty.domain.programme.terms import Terms
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, BERT, RULE, day, earn, history_of, take_back

LOT = "shop:o1"
COST = UnitCost(Decimal("0.01"), "EUR")
MILES = Declared(("points", "miles"))
MONTH = Terms(valid_months=1)
KEPT = ("miles", LOT, day(0), *RULE, "7", "bank", COST)


def earned(terms: Terms) -> Earn:
    told = earn("o1", "30", terms=terms)
    return structs.replace(told, points_currency="miles", declared=MILES, line="7", partner="bank", unit_cost=COST)


def known_of(lot: Lot) -> tuple[object, ...]:
    return (
        *(lot.points_currency, lot.origin, lot.earned_at, lot.rule),
        *(lot.rule_version, lot.line, lot.partner, lot.unit_cost),
    )


def time_of(lot: Lot) -> tuple[datetime, datetime | None]:
    return lot.activates_at, lot.expires_at


def test_what_is_given_keeps_its_order_its_cost_and_its_time() -> None:
    history = history_of(earned(Terms(3, valid_months=1)))
    gift = Give(ANNA, BERT, "t1", 20, "birthday", day(5), None, "miles", MILES)
    (event,) = ACCOUNT.decide(gift, ACCOUNT.fold(history))
    assert isinstance(event, PointsGiven)
    got = ACCOUNT.decide(Receive(BERT, ANNA, "t1", event.lots, day(5), "miles"), ACCOUNT.fold([MemberEnrolled(BERT)]))
    (lot,) = ACCOUNT.fold([MemberEnrolled(BERT), *got]).lots.values()
    assert known_of(lot) == KEPT
    assert (lot.points, lot.left, time_of(lot), lot.terms) == (20, 20, (day(3), day(34)), None)
    assert ACCOUNT.fold([*history, event]).gifts["t1"].points_currency == "miles"


def test_a_part_whose_action_came_keeps_its_order_and_its_cost_and_has_its_own_time() -> None:
    waits = structs.replace(MONTH, awaits="delivery", pending_days=2)
    history = history_of(earned(waits), Activate(ANNA, "d1", LOT, day(10), day(10), 12))
    account = ACCOUNT.fold(history)
    part, rest = account.lots[f"{LOT} / d1"], account.lots[LOT]
    assert known_of(part) == KEPT
    assert (part.points, part.awaited, part.terms, time_of(part)) == (12, 12, waits, (day(12), day(43)))
    assert (rest.left, rest.awaited) == (18, 18)
    assert [account.balance(day(at), "miles") for at in (11, 12, 42, 43)] == [0, 12, 12, 0]


SPENT: list[tuple[LapsePolicy, datetime | None, Terms | None]] = [
    (LapsePolicy("grace", 10), day(50), None),
    (LapsePolicy("renew"), day(68), MONTH),
]


@pytest.mark.parametrize(("policy", "ends", "terms"), SPENT)
def test_what_lives_on_after_a_spend_was_taken_back_keeps_its_order_and_its_cost(
    policy: LapsePolicy, ends: datetime | None, terms: Terms | None
) -> None:
    spent = Spend(ANNA, "s1", 20, "voucher", day(1), None, "miles", MILES)
    history = history_of(earned(MONTH), spent, structs.replace(take_back("s1", 40), lapse=policy))
    account = ACCOUNT.fold(history)
    part = account.lots[f"{LOT} / s1"]
    assert known_of(part) == KEPT
    assert (part.points, time_of(part), part.terms) == (20, (day(40), ends), terms)
    assert (account.lots[LOT].left, account.lots[LOT].transferred) == (10, 20)
    assert account.balance(day(40), "miles") == 20


def test_what_was_given_by_hand_has_the_currency_the_time_and_the_terms_that_were_named() -> None:
    given_by_hand = Adjust(ANNA, "a1", 50, "lost luggage", "carl", day(1), MONTH, "miles", MILES)
    account = ACCOUNT.fold(history_of(earn("o1", "30"), given_by_hand))
    lot = account.lots["adjustment / a1"]
    assert (lot.points_currency, lot.rule, lot.earned_at, lot.terms) == ("miles", BY_HAND, day(1), MONTH)
    assert time_of(lot) == (day(1), day(32))
    assert (account.balance(day(1), "miles"), account.balance(day(1))) == (50, 30)


def test_each_lot_names_the_order_and_the_rule_that_it_was_earned_by() -> None:
    (lot,) = ACCOUNT.fold(history_of(earned(MONTH))).lots.values()
    assert known_of(lot) == ("miles", "", *KEPT[2:])
    assert (lot.gross, lot.currency, lot.terms, time_of(lot)) == (Decimal(30), "EUR", MONTH, (day(0), day(31)))


def test_a_spend_a_hold_and_a_gift_remember_their_reason_and_their_currency() -> None:
    history: list[Event] = [
        *history_of(earned(MONTH), Spend(ANNA, "s1", 5, "voucher", day(1), None, "miles", MILES)),
    ]
    history += ACCOUNT.decide(
        Give(ANNA, BERT, "t1", 6, "birthday", day(1), None, "miles", MILES), ACCOUNT.fold(history)
    )
    account = ACCOUNT.fold(history)
    spend, gift = account.spends["s1"], account.gifts["t1"]
    assert (spend.points, spend.whole, spend.reason, spend.points_currency) == (5, 5, "voucher", "miles")
    assert (gift.to, gift.points, gift.whole, gift.reason) == (BERT, 6, 6, "birthday")


def test_a_single_point_is_withheld_cleared_and_taken_back_and_whoever_issued_it_is_told() -> None:
    issued = structs.replace(earn("o1", "1"), partner="bank")
    withheld = history_of(issued, Withhold(ANNA, LOT, day(1)))
    (cleared,) = ACCOUNT.decide(Clear(ANNA, LOT, day(2)), ACCOUNT.fold(withheld))
    assert ACCOUNT.fold([*withheld, cleared]).balance(day(2)) == 1
    (denied,) = ACCOUNT.decide(Deny(ANNA, LOT, "two cards", day(2)), ACCOUNT.fold(withheld))
    assert denied == PendingCancelled(ANNA, f"review of {LOT}", LOT, 1, "two cards", 0, partner="bank")
    waits = history_of(structs.replace(issued, terms=Terms(awaits="delivery")))
    (event,) = ACCOUNT.decide(CancelPending(ANNA, "c1", LOT, "never came", day(2)), ACCOUNT.fold(waits))
    assert event == PendingCancelled(ANNA, "c1", LOT, 1, "never came", 0, partner="bank")


def test_at_the_moment_itself_a_window_is_over_and_points_have_lapsed() -> None:
    given(ACCOUNT, *history_of(earn("o1", "30"))).when(Withhold(ANNA, LOT, day(5), day(5))).then_nothing()
    told_late = history_of(earn("o1", "30", 0, now=31, terms=MONTH))[1]
    assert isinstance(told_late, PointsEarned)
    assert (told_late.expires_at, told_late.balance_after, told_late.pending) == (day(31), 0, 0)
