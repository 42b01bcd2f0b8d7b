"""The views of lots: what they hold is what the ledger's own fold says of them, whenever one asks."""

from decimal import Decimal
from random import Random

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    HoldCaptured,
    HoldReleased,
    PointsExpired,
    PointsHeld,
    PointsRestored,
    SpendReversed,
)
from services.loyalty.domain.ledger.lot import UnitCost
from services.loyalty.domain.ledger.withheld import Withhold
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.views.lots_issued import LotIssued, lapses_at
from services.loyalty.views.lots_moved import LotsMoved, lapsed, redeemed
from tests.loyalty.cohorts import recorded, rows_of
from tests.loyalty.histories import STEPS, Step, fact, log_of
from tests.loyalty.loyalty_facts import ANNA, NOW, earn, earned, history_of, refund, reversed_, spend


@settings(max_examples=150, deadline=None)
@for_all(STEPS)
def test_rows_add_up_to_the_lots_of_the_ledger(steps: list[Step]) -> None:
    log = log_of(steps)
    rows = rows_of(recorded(item, version) for version, item in enumerate(log, 1))
    issued: list[LotIssued] = [*rows["lots_issued"].values()]
    moved: list[LotsMoved] = [*rows["lots_moved"].values()]
    lots = {name: lot for name, lot in ACCOUNT.fold(item.event for item in log).lots.items() if lot.points}
    own = {name: lot.points for name, lot in lots.items() if not lot.origin}
    assert {row.lot_id: row.points for row in issued} == own
    assert {part for item in moved for part in item.parts} == {name for name, lot in lots.items() if lot.origin}
    for row in issued:
        lot = lots[row.lot_id]
        assert sum(item.redeemed.get(row.lot_id, 0) for item in moved) == lot.spent
        assert sum(item.reversed.get(row.lot_id, 0) for item in moved) == lot.reversed
        assert row.price + sum(item.price for item in moved if item.lot_id == row.lot_id) == lot.net
        assert (row.issued_at, row.money) == (lot.earned_at, lot.currency)
        assert sum(item.lapsed.get(row.lot_id, 0) for item in moved) == lot.lapsed


@settings(max_examples=50, deadline=None)
@for_all(STEPS, st.randoms(use_true_random=False))
def test_rows_are_the_same_in_whatever_order_events_come(steps: list[Step], random: Random) -> None:
    events = [recorded(item, version) for version, item in enumerate(log_of(steps), 1)]
    shuffled = random.sample(events, len(events))
    assert rows_of(shuffled) == rows_of(events)


def test_of_a_lot_that_was_withheld_its_first_end_tells_nothing_but_what_is_booked_does() -> None:
    log = history_of(earn("o1", "10", terms=Terms(valid_months=1)), Withhold(ANNA, "shop:o1", NOW))
    rows = rows_of([recorded(fact(event, version, NOW, NOW), version) for version, event in enumerate(log, 1)])
    assert [row.exempts for row in rows["lots_moved"].values()] == [True]


def test_an_order_that_repays_a_debt_is_issued_and_partly_redeemed_at_once() -> None:
    log = history_of(earn("o1", "10"), spend("s1", 10), refund("r1", "o1", "4"), earn("o2", "20"))
    events = [recorded(fact(event, version, NOW, NOW), version) for version, event in enumerate(log, 1)]
    rows = rows_of(events)
    assert [(row.lot_id, row.points) for row in rows["lots_issued"].values()] == [("shop:o1", 10), ("shop:o2", 20)]
    assert [row.redeemed for row in rows["lots_moved"].values()] == [{"shop:o1": 10}, {}, {"shop:o2": 4}]


def test_what_another_lot_pays_for_a_return_is_redeemed_from_it() -> None:
    event = reversed_(10, "10", "0", {"shop:o1": 4, "shop:o2": 6}, 0, 0)
    (row,) = rows_of([recorded(fact(event, 1, NOW, NOW), 1)])["lots_moved"].values()
    assert (row.lot_id, row.reversed, row.price, row.redeemed) == ("shop:o1", {"shop:o1": 4}, -10, {"shop:o2": 6})


def test_a_spend_taken_back_is_redeemed_no_longer_but_for_what_repays_a_debt() -> None:
    event = SpendReversed(ANNA, "s1", 10, {"shop:o1": 4, "shop:o2": 6}, {"shop:o1": 4, "shop:o2": 1}, 5)
    assert redeemed(event) == {"shop:o1": 0, "shop:o2": -5}


def test_an_order_without_a_debt_takes_nothing() -> None:
    rows = rows_of([recorded(fact(earned("o1", "10", 10, 10), 1, NOW, NOW), 1)])
    assert (len(rows["lots_issued"]), len(rows["lots_moved"])) == (1, 0)


def test_points_that_a_partner_pays_for_have_its_price_and_no_goods() -> None:
    event = structs.replace(earned("o1", "10", 200, 200), partner="hotel", unit_cost=UnitCost(Decimal("0.015"), "USD"))
    (row,) = rows_of([recorded(fact(event, 1, NOW, NOW), 1)])["lots_issued"].values()
    assert (row.partner, row.money, row.price, row.goods, row.unit_price) == (
        "hotel",
        "USD",
        Decimal("3.000"),
        0,
        Decimal("0.015"),
    )


def test_a_cost_that_no_partner_bears_is_no_price() -> None:
    event = structs.replace(earned("o1", "10", 10, 10), unit_cost=UnitCost(Decimal("0.015"), "USD"))
    (row,) = rows_of([recorded(fact(event, 1, NOW, NOW), 1)])["lots_issued"].values()
    assert (row.money, row.price, row.goods, row.unit_price) == ("EUR", 10, 10, None)


def test_a_captured_hold_is_redeemed_and_what_it_gave_back_only_where_it_repaid_a_debt() -> None:
    captured = HoldCaptured(ANNA, "h1", 5, {"a": 5}, 0, {"a": 2, "b": 4}, {"b": 1})
    assert redeemed(captured) == {"a": 5, "b": 1}
    assert redeemed(HoldReleased(ANNA, "h1", 6, {"a": 2, "b": 4}, 0, {"b": 3})) == {"b": 3}
    assert redeemed(PointsHeld(ANNA, "h1", 6, "x", {"a": 6}, 0)) == {}


def test_only_a_lots_end_that_time_alone_decides_is_told() -> None:
    base = structs.replace(earned("o1", "10", 10, 10), expires_at=NOW, terms=Terms(valid_months=1))
    for terms, expected in [(base.terms, NOW), (Terms(inactive_months=1), None), (Terms(awaits="delivery"), None)]:
        assert lapses_at(structs.replace(base, terms=terms)) == expected


def test_what_is_booked_as_lapsed_is_told_by_lot() -> None:
    assert lapsed(PointsExpired(ANNA, "a", 5, NOW, 0)) == {"a": 5}
    assert lapsed(PointsRestored(ANNA, "a", 2, 2)) == {"a": -2}
    assert lapsed(structs.replace(reversed_(4, "10", "6", {"shop:o1": 4}, 0, 0), expired=3)) == {"shop:o1": -3}
