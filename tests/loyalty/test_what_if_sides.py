"""What a fact earned on one side of a what-if, as tiers ask for it: what came at its own time, what went at its."""

from services.loyalty.domain.tiers.earnings import Earning, Reversal
from services.loyalty.domain.what_if.side import Side
from tests.loyalty.loyalty_facts import day

BASE, EXTRA, STATUS = ("base:1", "points"), ("extra:1", "points"), ("base:2", "status")


def test_what_is_taken_back_of_a_fact_is_taken_from_when_it_was_on() -> None:
    side = Side()
    side.let_stand("o1", {BASE: 30, STATUS: 30}, day(1))
    side.let_stand("o1", {BASE: 20, STATUS: 20}, day(5))
    side.let_stand("o1", {STATUS: 5}, day(7))
    taken = (Reversal("1", day(5), 10), Reversal("2", day(7), 15))
    (one,) = side.earned("o1", day(1), "status")
    assert one == Earning("o1", day(1), 30, reversals=taken)
    assert [one.net(day(on)) for on in (4, 5, 7)] == [30, 20, 5]
    (points,) = side.earned("o1", day(1), "points")
    assert [points.net(day(on)) for on in (4, 5, 7)] == [30, 20, 0]


def test_what_a_fact_comes_to_earn_later_counts_at_its_own_time() -> None:
    side = Side()
    side.let_stand("o1", {BASE: 10}, day(1))
    side.let_stand("o1", {BASE: 10, EXTRA: 5}, day(3))
    (one,) = side.earned("o1", day(1), "points")
    assert (one.at, one.net(day(2))) == (day(1), 15)


def test_a_fact_that_earned_nothing_of_a_currency_is_no_event_of_it() -> None:
    side = Side()
    side.let_stand("o1", {BASE: 10}, day(1))
    assert [*side.earned("o1", day(1), "status"), *side.earned("o2", day(1), "points")] == []
