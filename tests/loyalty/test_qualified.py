"""What an account remembers for tiers: what was earned of each currency by when, less what was taken back."""

from decimal import Decimal

from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event, PointsEarned, PointsReversed, PointsSpent
from services.loyalty.domain.tiers.earnings import Earnings
from tests.loyalty.loyalty_facts import ANNA, day


def earned(order: str, rule: str, points: int, on: float, currency: str = "miles") -> PointsEarned:
    lot = f"shop:{order}:{rule}:1"
    money = (Decimal(30), "EUR", rule, 1)
    return PointsEarned(ANNA, lot, "shop", order, points, *money, day(on), 0, 0, points_currency=currency)


def taken_back(order: str, rule: str, points: int, refund: str, on: float | None) -> PointsReversed:
    lot, money = f"shop:{order}:{rule}:1", (Decimal(30), Decimal(0))
    at = None if on is None else day(on)
    return PointsReversed(
        ANNA, lot, "shop", order, refund, points, *money, {lot: points}, 0, 0, refunded_at=at, points_currency="miles"
    )


def qualified(*events: Event, currency: str = "miles") -> Earnings:
    return ACCOUNT.fold(events).qualified.get(currency, Earnings())


def test_lots_of_one_order_are_one_qualifying_event_with_the_points_of_all() -> None:
    (earning,) = qualified(earned("o1", "base", 30, 1), earned("o1", "bonus", 15, 1)).entries
    assert (earning.earning_id, earning.at, earning.points, earning.events) == ("shop:o1", day(1), 45, 1)


def test_each_currency_is_remembered_for_itself() -> None:
    events = (earned("o1", "base", 30, 1), earned("o1", "base", 7, 1, "status"))
    assert [qualified(*events, currency=code).sums.points[-1] for code in ("miles", "status")] == [30, 7]


def test_what_is_spent_stays_earned() -> None:
    spent = PointsSpent(ANNA, "s1", 30, "voucher", {"shop:o1:base:1": 30}, 0, None, "miles")
    assert qualified(earned("o1", "base", 30, 1), spent).sums.points[-1] == 30


def test_a_refund_counts_from_its_time_and_from_the_beginning_where_none_is_told() -> None:
    known = (earned("o1", "base", 30, 1),)
    told = qualified(*known, taken_back("o1", "base", 10, "r1", 5))
    untold = qualified(*known, taken_back("o1", "base", 10, "r1", None))
    assert [told.at(day(at)).points[-1] for at in (4, 5)] == [30, 20]
    assert [untold.at(day(at)).points[-1] for at in (4, 5)] == [20, 20]


def test_corrections_add_up_although_no_refund_names_them() -> None:
    corrections = (taken_back("o1", "base", 10, "", 1), taken_back("o1", "base", 5, "", 1))
    assert qualified(earned("o1", "base", 30, 1), *corrections).sums.points[-1] == 15
    again = (*corrections, earned("o1", "base", 8, 1))
    assert qualified(earned("o1", "base", 30, 1), *again).sums.points[-1] == 23
