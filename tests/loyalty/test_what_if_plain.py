"""What an account earned by the plain rule counts for tiers on both sides of a what-if, less what was taken back."""

from decimal import Decimal

import pytest

from services.loyalty.domain.ledger.events import PointsEarned, PointsReversed
from services.loyalty.domain.tiers.earnings import Earning, Reversal
from services.loyalty.domain.what_if.plain import Plain
from tests.loyalty.loyalty_facts import ANNA, day, earned

ORDER = earned("o1", "30", 30, 30, on=1)


def back(points: int, refund: str = "r1", lot: str = "shop:o1", on: float = 5) -> PointsReversed:
    taken_from: dict[str, int] = {"shop:o1": points}
    amounts = (points, Decimal(30), Decimal(30 - points), taken_from, 0, 0)
    return PointsReversed(ANNA, lot, "shop", "o1", refund, *amounts, refunded_at=day(on))


def taken(*events: PointsEarned | PointsReversed, until: float = 90) -> tuple[Earning, ...]:
    plain = Plain()
    for event in events:
        plain.take(event, day(until))
    return plain.earned("points")


def test_each_return_is_taken_from_its_order_from_its_moment_on() -> None:
    (one,) = taken(ORDER, back(10), back(5, "r2", on=7))
    assert one == Earning("shop:o1", day(1), 30, reversals=(Reversal("r1", day(5), 10), Reversal("r2", day(7), 5)))
    assert [one.net(day(on)) for on in (4, 5, 7)] == [30, 20, 15]


def test_orders_count_each_for_itself() -> None:
    found = taken(ORDER, earned("o2", "7", 7, 37, on=2), back(30))
    assert [(item.earning_id, item.net(day(9))) for item in found] == [("shop:o1", 0), ("shop:o2", 7)]


@pytest.mark.parametrize(
    "events",
    [
        (back(10),),  # its order isn't known
        (back(10, lot="shop:o1:base:1"), earned("o1", "30", 30, 30, on=90)),  # a programme's lot; and after the period
    ],
)
def test_what_belongs_elsewhere_is_left_out(events: tuple[PointsEarned | PointsReversed, ...]) -> None:
    assert taken(*events) == ()


def test_each_currency_counts_alone() -> None:
    plain = Plain()
    plain.take(ORDER, day(90))
    assert plain.earned("miles") == ()
