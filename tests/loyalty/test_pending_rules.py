"""Points that wait for an action activate with it, whole or in part, and count their days from it; or are cancelled."""

from datetime import timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.loyalty.domain.ledger.booking import wakes
from services.loyalty.domain.ledger.commands import Activate, CancelPending, Command
from services.loyalty.domain.ledger.decider import ACCOUNT, happened
from services.loyalty.domain.ledger.events import PendingActivated, PendingCancelled, PointsReversed
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.programme.terms import Terms
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, day, earn, history_of, refund, spend

LOT = "shop:o1"
DELIVERY = Terms(valid_months=1, awaits="delivery")
WAITING = history_of(earn("o1", "30", terms=DELIVERY))


def activate(name: str, points: int | None = None, on: float = 10, now: float | None = None) -> Activate:
    return Activate(ANNA, name, LOT, day(on), day(on if now is None else now), points)


def cancel(name: str, points: int | None = None, now: float = 10) -> CancelPending:
    return CancelPending(ANNA, name, LOT, "never delivered", day(now), points)


def test_points_wait_for_their_action_and_no_time_activates_them() -> None:
    account = ACCOUNT.fold(WAITING)
    assert (account.balance(day(999)), account.pending(day(999)), wakes(account)) == (0, 30, None)
    assert journal(WAITING[-1])["pending"] == 30
    given(ACCOUNT, *WAITING).when(spend("s1", 1, 999)).then_rejected("balance-too-low")


def test_they_live_from_their_action_on() -> None:
    event = PendingActivated(ANNA, "d1", LOT, 30, day(10), day(10), 30, day(41), terms=DELIVERY)
    given(ACCOUNT, *WAITING).when(activate("d1")).then(event)
    account = ACCOUNT.fold([*WAITING, event])
    assert [account.balance(day(at)) for at in (10, 40.9, 41)] == [30, 30, 0]
    assert wakes(account) == day(41)
    assert happened(event) == day(10)


def test_days_that_they_wait_for_afterwards_count_from_the_action() -> None:
    history = history_of(earn("o1", "30", terms=Terms(14, awaits="delivery")), activate("d1"))
    account = ACCOUNT.fold(history)
    assert (account.pending(day(23)), account.balance(day(24)), wakes(account)) == (30, 30, day(24))


def test_a_part_lives_in_a_lot_of_its_own() -> None:
    (event,) = ACCOUNT.decide(activate("d1", 10), ACCOUNT.fold(WAITING))
    assert isinstance(event, PendingActivated)
    assert event.into == f"{LOT} / d1"
    account = ACCOUNT.fold([*WAITING, event])
    part, rest = account.lots[f"{LOT} / d1"], account.lots[LOT]
    assert (part.points, part.origin, part.earned_at, part.rule) == (10, LOT, day(0), "one-per-whole-unit")
    assert (rest.transferred, rest.pending(day(10)), account.balance(day(10))) == (10, 20, 10)
    assert journal(event) == {"pending": -10, "member": 10}


def test_an_action_counts_once_and_never_with_another_number() -> None:
    history = [*WAITING, *ACCOUNT.decide(activate("d1", 10), ACCOUNT.fold(WAITING))]
    given(ACCOUNT, *history).when(activate("d1", 10)).then_nothing()
    given(ACCOUNT, *history).when(activate("d1", 11)).then_rejected("action-differs")
    given(ACCOUNT, *history).when(cancel("d1", 11)).then_rejected("action-differs")


@pytest.mark.parametrize("points", [0, -1, 31])
def test_no_more_than_waits_is_activated_or_cancelled(points: int) -> None:
    given(ACCOUNT, *WAITING).when(activate("d1", points)).then_rejected("pending-too-low")
    given(ACCOUNT, *WAITING).when(cancel("c1", points)).then_rejected("pending-too-low")


def test_what_does_not_wait_is_left_alone() -> None:
    given(ACCOUNT, *history_of(earn("o1", "30"))).when(activate("d1")).then_rejected("lot-not-waiting")
    given(ACCOUNT, *history_of(earn("o2", "30"))).when(activate("d1")).then_rejected("lot-unknown")
    given(ACCOUNT, *WAITING).when(activate("d1", on=-1, now=5)).then_rejected("action-too-early")


def test_what_is_cancelled_goes_back_to_who_gave_it() -> None:
    event = PendingCancelled(ANNA, "c1", LOT, 12, "never delivered", 0)
    given(ACCOUNT, *WAITING).when(cancel("c1", 12)).then(event)
    account = ACCOUNT.fold([*WAITING, event])
    assert (account.lots[LOT].reversed, account.pending(day(10))) == (12, 18)
    assert journal(event) == {"pending": -12, "issued": 12}


def test_a_refund_of_what_was_cancelled_takes_nothing_twice() -> None:
    history = history_of(earn("o1", "30", terms=DELIVERY), cancel("c1", 12), refund("r1", "o1", "30", 11))
    event = history[-1]
    assert isinstance(event, PointsReversed)
    assert (event.points, event.cancelled, event.allocations, event.debt) == (30, 12, {LOT: 18}, 0)


def test_a_refund_takes_what_came_out_of_the_orders_lot_before_any_other() -> None:
    history = history_of(
        earn("o2", "50"), earn("o1", "30", terms=DELIVERY), activate("d1", 10), refund("r1", "o1", "30", 60)
    )
    event = history[-1]
    assert isinstance(event, PointsReversed)
    assert (event.allocations, event.lapsed) == ({LOT: 20, f"{LOT} / d1": 10}, {f"{LOT} / d1": 10})
    assert sum(journal(event).values()) == 0


@settings(max_examples=100, deadline=None)
@for_all(
    st.lists(st.tuples(st.booleans(), st.integers(1, 12)), max_size=4),
    st.lists(st.integers(0, 30), max_size=3),
    st.integers(0, 90),
)
def test_a_full_return_nets_nothing_whatever_was_activated_or_cancelled(
    actions: list[tuple[bool, int]], cuts: list[int], late: int
) -> None:
    commands: list[Command] = [earn("o1", "30", terms=DELIVERY)]
    for number, (comes, points) in enumerate(actions):
        commands.append(activate(f"x{number}", points) if comes else cancel(f"x{number}", points))
    left = 30
    for number, cut in enumerate([*sorted(cuts), 30]):
        amount = max(0, min(cut, left))
        commands.append(refund(f"r{number}", "o1", str(amount), 10 + late))
        left -= amount
    commands.append(refund("rest", "o1", str(left), 10 + late))
    history = history_of(*commands)
    account = ACCOUNT.fold(history)
    later = day(10 + late) + timedelta(days=1)
    assert account.net(later) == account.owed() == account.pending(later) == 0
    totals = [sum(journal(event).get(name, 0) for event in history) for name in ("issued", "debt", "pending")]
    assert totals == [0, 0, 0]
