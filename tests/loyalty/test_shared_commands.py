"""What is asked of one of several merged members reaches the accounts that it is about, each with its part."""

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.commands import (
    Activate,
    Adjust,
    Capture,
    Close,
    ConfirmAdjustment,
    Freeze,
    Give,
    Hold,
    Release,
    Unfreeze,
)
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    AdjustmentProposed,
    Event,
    FactJudged,
    HoldCaptured,
    PointsAdjusted,
    PointsGiven,
    PointsHeld,
    PointsSpent,
    PointsWithheld,
    RefundAwaited,
)
from services.loyalty.domain.ledger.policies import AdjustmentPolicy, TransferPolicy
from services.loyalty.domain.ledger.together import all_lots, net
from services.loyalty.domain.ledger.withheld import Withhold
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Missing, Rejected
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, BERT, day, earn, history_of, refund, spend, take_back
from tests.loyalty.test_judged_accounts import PLAIN, back, judge, order
from tests.loyalty.test_together import CARL, A, B, World

MILES = Declared(("points", "miles"))


@pytest.fixture
def world() -> World:
    made = World(ANNA, BERT)
    made.ask(ANNA, earn("a1", "30", 0))
    made.ask(BERT, earn("b1", "20", 1))
    made.ask(ANNA, earn("a2", "10", 2))
    return made


def hold(points: int) -> Hold:
    return Hold(ANNA, "h1", points, "voucher", day(2))


def capture(points: int | None = None) -> Capture:
    return Capture(ANNA, "h1", day(3), points)


def parts(written: dict[str, list[Event]]) -> dict[str, list[tuple[int, int | None]]]:
    """Return (points, whole) of each event, by owner."""
    return {
        owner: [(getattr(event, "points", 0), getattr(event, "whole", None)) for event in events]
        for owner, events in written.items()
    }


# --- holds ---------------------------------------------------------------------


def test_a_hold_is_shared_and_counts_once_whoever_is_asked(world: World) -> None:
    written = world.ask(BERT, hold(55))
    assert parts(written) == {B: [(20, 55)], A: [(35, 55)]}
    assert all(isinstance(event, PointsHeld) for events in written.values() for event in events)
    assert world.ask(ANNA, hold(55)) == world.ask(BERT, hold(55)) == {}
    with pytest.raises(Rejected, match="Hold h1 is known with 55"):
        world.ask(ANNA, hold(54))
    assert world.balance(2) == 5


@pytest.mark.parametrize(
    ("points", "captured"),
    [(None, {A: [(35, 55)], B: [(20, 55)]}), (40, {A: [(35, 40)], B: [(5, 40)]}), (30, {A: [(30, 30)], B: [(0, 30)]})],
)
def test_a_shared_hold_is_captured_from_the_first_account_first_and_once(
    world: World, points: int | None, captured: dict[str, list[tuple[int, int]]]
) -> None:
    world.ask(BERT, hold(55))
    written = world.ask(BERT, capture(points))
    assert parts(written) == captured
    assert all(isinstance(event, HoldCaptured) for events in written.values() for event in events)
    assert world.balance(3) == 60 - (55 if points is None else points)
    assert world.ask(ANNA, capture(points)) == {}
    with pytest.raises(Rejected, match=r"was captured with"):
        world.ask(ANNA, capture(17))


@pytest.mark.parametrize("points", [0, 56])
def test_no_more_and_no_less_is_captured_than_all_hold(world: World, points: int) -> None:
    world.ask(BERT, hold(55))
    with pytest.raises(Rejected, match=r"^55 points are held. Capture at least 1 of them.$"):
        world.ask(BERT, capture(points))
    assert len(world.ask(BERT, capture(1))) == 2


def test_a_hold_of_one_is_captured_and_released_by_whoever_has_it(world: World) -> None:
    world.ask(ANNA, hold(25))
    assert parts(world.ask(BERT, capture(5))) == {A: [(5, None)]}
    with pytest.raises(Missing, match="has no hold h9"):
        world.ask(BERT, structs.replace(capture(), hold_id="h9"))


def test_a_shared_hold_is_released_whole_and_once(world: World) -> None:
    world.ask(BERT, hold(55))
    release = Release(ANNA, "h1", day(3))
    assert set(world.ask(ANNA, release)) == {A, B}
    assert (world.balance(3), world.ask(BERT, release)) == (60, {})
    with pytest.raises(Missing, match="has no hold h9"):
        world.ask(BERT, Release(ANNA, "h9", day(3)))


# --- gifts, and what is of one currency ----------------------------------------


def give(points: int, **more: object) -> Give:
    return structs.replace(Give(ANNA, CARL, "t1", points, "birthday", day(2)), **more)


def test_a_gift_is_shared_and_counts_once_and_its_bounds_are_of_the_whole(world: World) -> None:
    bounded = TransferPolicy(at_least=36, at_most=55)
    written = world.ask(BERT, give(55, policy=bounded))
    assert parts(written) == {B: [(20, 55)], A: [(35, 55)]}
    assert all(isinstance(event, PointsGiven) for events in written.values() for event in events)
    assert world.ask(ANNA, give(55)) == world.ask(BERT, give(55)) == {}
    with pytest.raises(Rejected, match="known with 55"):
        world.ask(ANNA, give(54))


def test_nothing_is_given_to_whom_one_was_merged_with(world: World) -> None:
    with pytest.raises(Rejected, match=r"^Points can't be given to oneself, nor to whom one was merged with.$"):
        world.ask(ANNA, give(5, to=BERT))


@pytest.mark.parametrize(("points", "fits"), [(35, False), (36, True), (55, True), (56, False)])
def test_a_shared_gift_may_be_as_large_as_its_whole_may(world: World, points: int, *, fits: bool) -> None:
    command = give(points, policy=TransferPolicy(at_least=36, at_most=55))
    if fits:
        assert set(world.ask(BERT, command)) == {A, B}
    else:
        with pytest.raises(Rejected, match="Give at least 36 points, at most 55"):
            world.ask(BERT, command)


def test_points_of_another_currency_pay_nothing(world: World) -> None:
    miles = structs.replace(earn("m1", "9", 0), points_currency="miles", declared=MILES)
    world.ask(ANNA, miles)
    world.ask(BERT, structs.replace(miles, order_id="m2"))
    assert (net(world.accounts, day(3)), net(world.accounts, day(3), "miles")) == (60, 18)
    names = [(owner, lot.lot_id) for owner, lot in all_lots(world.accounts, "miles")]
    assert names == [(A, "shop:m1"), (B, "shop:m2")]
    assert len(all_lots(world.accounts)) == 5
    inmiles = structs.replace(spend("s1", 10, 3), points_currency="miles", declared=MILES)
    assert parts(world.ask(BERT, inmiles)) == {B: [(1, 10)], A: [(9, 10)]}
    with pytest.raises(Rejected, match="The balance is 8 points"):
        world.ask(ANNA, structs.replace(inmiles, spend_id="s2"))


def test_an_order_without_a_point_is_in_no_ones_way(world: World) -> None:
    world.ask(ANNA, earn("a3", "0.50", 3))
    assert [lot.lot_id for _, lot in all_lots(world.accounts)] == ["shop:a1", "shop:b1", "shop:a2"]


# --- what is about one account --------------------------------------------------


def test_an_adjustment_is_made_confirmed_and_known_where_it_was_asked_for(world: World) -> None:
    adjust = Adjust(ANNA, "a1", 200, "lost luggage", "carl", day(2), policy=AdjustmentPolicy(alone=100))
    (proposed,) = world.ask(BERT, adjust)[B]
    assert isinstance(proposed, AdjustmentProposed)
    assert world.ask(ANNA, adjust) == {}
    (made,) = world.ask(ANNA, ConfirmAdjustment(ANNA, "a1", "dora", day(3)))[B]
    assert isinstance(made, PointsAdjusted)
    assert list(world.ask(ANNA, structs.replace(adjust, adjustment_id="a2"))) == [A]


def test_a_lot_is_activated_and_withheld_in_the_account_that_has_it(world: World) -> None:
    world.ask(ANNA, earn("a3", "7", 2, terms=Terms(awaits="delivery")))
    assert list(world.ask(BERT, Activate(ANNA, "d1", "shop:a3", day(3), day(3)))) == [A]
    (withheld,) = world.ask(BERT, Withhold(ANNA, "shop:a1", day(3)))[A]
    assert isinstance(withheld, PointsWithheld)
    assert world.ask(BERT, Withhold(ANNA, "shop:a9", day(3))) == {}


def test_merged_members_are_frozen_and_closed_as_one_but_for_who_is_closed_already(world: World) -> None:
    freeze, unfreeze = Freeze(ANNA, "stolen", "carl", day(3)), Unfreeze(ANNA, "found", "carl", day(3))
    assert set(world.ask(BERT, freeze)) == set(world.ask(ANNA, unfreeze)) == {A, B}
    world.merged = False
    world.ask(BERT, Close(BERT, "x", "carl", day(3)))
    world.merged = True
    assert list(world.ask(BERT, freeze)) == [A]
    nobody = World(ANNA, BERT)
    with pytest.raises(Missing, match="no member"):
        nobody.ask(ANNA, freeze)


def test_a_return_that_waits_with_one_is_settled_as_the_other_is_judged() -> None:
    world = World(ANNA, BERT)
    (waits,) = world.ask(BERT, back("r1", "o1", "4", PLAIN, 2))[B]
    assert isinstance(waits, RefundAwaited)
    written = world.ask(ANNA, judge(order("o1", "10"), PLAIN))[A]
    assert [event.refund_id for event in written if isinstance(event, FactJudged)] == ["", "r1"]
    assert world.balance(9) == 12
    assert world.ask(BERT, judge(order("o1", "10"), PLAIN)) == {}


def test_returns_that_wait_with_both_are_settled_once_each() -> None:
    world = World(ANNA, BERT)
    world.merged = False
    for who, name in ((ANNA, "r1"), (BERT, "r1"), (BERT, "r2")):
        world.ask(who, refund(name, "a1", "4", 1))
    world.merged = True
    world.ask(ANNA, earn("a1", "30", 0, now=2))
    assert world.balance(2) == 22


# --- a part that is told again --------------------------------------------------

EARNED = history_of(earn("o1", "30"))


def test_a_part_is_the_same_where_its_whole_is(world: World) -> None:
    part = structs.replace(spend("s1", 20), whole=55)
    known = [*EARNED, PointsSpent(ANNA, "s1", 20, "voucher", {"shop:o1": 20}, 10, 55)]
    given(ACCOUNT, *known).when(part).then_nothing()
    given(ACCOUNT, *known).when(structs.replace(part, whole=54)).then_rejected("spend-differs")
    held = [*EARNED, PointsHeld(ANNA, "h1", 20, "voucher", {"shop:o1": 20}, 10, None, 55)]
    given(ACCOUNT, *held).when(structs.replace(hold(20), whole=55)).then_nothing()
    given(ACCOUNT, *held).when(structs.replace(hold(20), whole=54)).then_rejected("hold-differs")
    gift = structs.replace(give(20), whole=55)
    gave = [*EARNED, *ACCOUNT.decide(gift, ACCOUNT.fold(EARNED))]
    given(ACCOUNT, *gave).when(gift).then_nothing()
    given(ACCOUNT, *gave).when(structs.replace(gift, whole=54)).then_rejected("transfer-differs")
    assert list(world.ask(ANNA, spend("s1", 55, 2))) == [A, B]
    assert set(world.ask(BERT, take_back("s1", 3))) == {A, B}
