"""Points that look suspicious are blocked, and not lost: they come free, or are taken back, once someone has looked."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import (
    Activate,
    Book,
    CancelPending,
    Command,
    Earn,
    Hold,
    ReverseEarning,
    Spend,
)
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    Event,
    PendingActivated,
    PendingCancelled,
    PointsCleared,
    PointsWithheld,
)
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.ledger.lot import NEVER, Lot
from services.loyalty.domain.ledger.withheld import Clear, Deny, Withhold
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Rejected
from tests.loyalty.conservation import parts_of, withheld_of
from tests.loyalty.loyalty_facts import ANNA, day, earn, history_of, refund, spend

LOT = "shop:o1"


def withhold(on: float = 0, until: datetime | None = None) -> Withhold:
    return Withhold(ANNA, LOT, day(on), until)


def account_of(*commands: Command) -> Account:
    return ACCOUNT.fold(history_of(*commands))


def lot_of(*commands: Command) -> Lot:
    return account_of(*commands).lots[LOT]


def last(*commands: Command) -> Event:
    return history_of(*commands)[-1]


def test_withheld_points_are_pending_and_can_not_be_spent() -> None:
    account = account_of(earn("o1", "30"), withhold(), spend("s1", 1))
    assert (account.balance(day(1)), account.pending(day(1)), withheld_of(account, day(1)), account.spends) == (
        0,
        30,
        30,
        {},
    )
    assert last(earn("o1", "30"), withhold()) == PointsWithheld(ANNA, LOT, 30, 0, 30)


def test_they_do_not_lapse_as_long_as_nobody_has_looked() -> None:
    terms = Terms(valid_months=1)
    account = account_of(earn("o1", "30", terms=terms), withhold())
    assert (account.pending(day(900)), account.lots[LOT].expired(day(900))) == (30, 0)


def test_what_is_cleared_can_be_spent_and_its_months_count_from_then() -> None:
    terms = Terms(valid_months=1)
    account = account_of(earn("o1", "30", terms=terms), withhold(), Clear(ANNA, LOT, day(100)))
    assert (account.balance(day(100)), withheld_of(account, day(100))) == (30, 0)
    assert account.lots[LOT].expires_at == terms.expires_at(day(100))


def test_what_is_confirmed_is_taken_back_and_a_return_of_its_order_takes_nothing_again() -> None:
    before = (earn("o1", "30"), withhold(), Deny(ANNA, LOT, "two cards", day(1)))
    assert isinstance(last(*before), PendingCancelled)
    account = account_of(*before, refund("r1", "o1", "30", 2))
    assert (account.balance(day(2)), account.owed(), account.lots[LOT].reversed) == (0, 0, 30)


def test_they_come_free_by_themselves_when_the_return_window_ends() -> None:
    before = (earn("o1", "30"), withhold(until=day(14)))
    account = account_of(*before)
    assert (account.balance(day(13.9)), account.balance(day(14))) == (0, 30)
    assert ACCOUNT.wakes is not None
    assert ACCOUNT.wakes(account) == day(14)
    assert account_of(*before, Deny(ANNA, LOT, "late", day(15))).balance(day(15)) == 30
    assert account_of(*before, Clear(ANNA, LOT, day(3))).balance(day(3)) == 30


def test_what_is_pending_longer_than_the_window_stays_pending() -> None:
    lot = lot_of(earn("o1", "30", terms=Terms(20)), withhold(until=day(14)))
    assert lot.activates_at == day(20)


def test_a_window_that_is_over_withholds_nothing() -> None:
    assert lot_of(earn("o1", "30"), withhold(15, day(14))).active(day(15)) == 30


DELIVERY = Terms(valid_months=1, awaits="delivery")
ORDERED = earn("o1", "30", terms=DELIVERY)


def delivered(on: float, now: float | None = None, points: int | None = None) -> Activate:
    return Activate(ANNA, "d1", LOT, day(on), day(on if now is None else now), points)


def refusal(command: Command, *before: Command) -> str:
    with pytest.raises(Rejected) as caught:
        ACCOUNT.decide(command, account_of(*before))
    return caught.value.code


def test_points_that_wait_for_an_action_are_withheld_beside_and_it_brings_none_of_them() -> None:
    before = (ORDERED, withhold(1))
    account = account_of(*before)
    assert last(*before) == PointsWithheld(ANNA, LOT, 30, 0, awaits="delivery")
    assert (account.pending(day(9)), withheld_of(account, day(9)), account.lots[LOT].action(day(9))) == (
        30,
        30,
        "a review",
    )
    assert refusal(delivered(2), *before) == "lot-under-review"
    assert refusal(CancelPending(ANNA, "c1", LOT, "lost", day(2)), *before) == "lot-under-review"


def test_what_is_cleared_waits_for_its_action_still_and_lives_from_then() -> None:
    before = (ORDERED, withhold(1), Clear(ANNA, LOT, day(5)))
    assert last(*before) == PointsCleared(ANNA, LOT, 30, day(5))
    account = account_of(*before)
    assert (withheld_of(account, day(5)), account.pending(day(99)), account.lots[LOT].action(day(5))) == (
        0,
        30,
        "delivery",
    )
    account = account_of(*before, delivered(3, now=6))
    assert [account.balance(day(on)) for on in (4.9, 5, 33, 36)] == [0, 30, 30, 0]


def test_what_is_confirmed_is_taken_back_while_it_waits_for_its_action() -> None:
    account = account_of(ORDERED, withhold(1), Deny(ANNA, LOT, "two cards", day(2)))
    assert (account.pending(day(2)), account.lots[LOT].reversed) == (0, 30)


def test_when_the_return_window_ends_they_wait_for_their_action_alone() -> None:
    before = (ORDERED, withhold(1, day(14)))
    assert refusal(delivered(3, now=13.9), *before) == "lot-under-review"
    lot = lot_of(*before)
    assert [(lot.withheld(day(on)), lot.pending(day(on)), lot.action(day(on))) for on in (13, 14)] == [
        (30, 30, "a review"),
        (0, 30, "delivery"),
    ]
    account = account_of(*before, delivered(3, now=20))
    assert [account.balance(day(on)) for on in (13.9, 14)] == [0, 30]


@pytest.mark.parametrize("points", [None, 10])
def test_what_was_looked_at_is_neither_cleared_nor_taken_back_again(points: int | None) -> None:
    for before in ((ORDERED, withhold(1), Clear(ANNA, LOT, day(5))), (ORDERED, withhold(1, day(4)))):
        for then in ((), (delivered(5, points=points),)):
            account = account_of(*before, *then)
            for command in (Clear(ANNA, LOT, day(6)), Deny(ANNA, LOT, "x", day(6)), withhold(6)):
                assert ACCOUNT.decide(command, account) == ()


def test_points_whose_action_came_before_are_withheld_like_any_others() -> None:
    account = account_of(ORDERED, delivered(1), withhold(2))
    assert (account.balance(day(2)), withheld_of(account, day(2))) == (0, 30)


def test_what_is_cleared_before_its_days_are_over_waits_for_them_and_no_review_any_more() -> None:
    before = (earn("o1", "30", terms=Terms(14, 1)), withhold(), Clear(ANNA, LOT, day(3)))
    account = account_of(*before)
    assert [account.balance(day(on)) for on in (3, 13.9, 14)] == [0, 0, 30]
    assert (account.pending(day(3)), withheld_of(account, day(3))) == (30, 0)
    assert ACCOUNT.decide(Deny(ANNA, LOT, "x", day(4)), account) == ()
    assert ACCOUNT.wakes is not None
    assert ACCOUNT.wakes(account) == day(14)


def test_no_action_and_nobody_else_releases_them() -> None:
    before = (earn("o1", "30"), withhold())
    for command in (Activate(ANNA, "a1", LOT, day(1), day(1)), CancelPending(ANNA, "c1", LOT, "x", day(1))):
        with pytest.raises(Rejected) as caught:
            ACCOUNT.decide(command, account_of(*before))
        assert caught.value.code == "lot-under-review"


@pytest.mark.parametrize(
    "before",
    [
        (),
        (earn("o1", "30"), spend("s1", 30)),
        (earn("o1", "30"), Hold(ANNA, "h1", 10, "x", day(0), day(1))),
        (earn("o1", "30", -60, now=0, terms=Terms(valid_months=1)),),
        (earn("o1", "30"), withhold()),
        (earn("o1", "30"), withhold(), Clear(ANNA, LOT, day(0))),
    ],
)
def test_what_is_gone_held_lapsed_or_was_looked_at_is_left_alone(before: tuple[Command, ...]) -> None:
    assert ACCOUNT.decide(withhold(), account_of(*before)) == ()


def test_what_is_left_of_a_lot_is_withheld_and_comes_free() -> None:
    lot = lot_of(earn("o1", "30"), spend("s1", 12), withhold(1))
    assert (lot.withheld(day(1)), lot.spent) == (18, 12)
    found = last(earn("o1", "30"), spend("s1", 12), withhold(1), Clear(ANNA, LOT, day(2)))
    assert isinstance(found, PendingActivated)
    assert (found.points, found.balance_after) == (18, 18)


def test_a_return_takes_withheld_points_of_its_own_order_first() -> None:
    account = account_of(earn("o1", "30"), earn("o2", "10"), withhold(), refund("r1", "o1", "20", 1))
    assert (withheld_of(account, day(1)), account.balance(day(1)), account.owed()) == (10, 10, 0)


def test_a_lot_that_is_not_withheld_is_neither_cleared_nor_taken_back() -> None:
    account = account_of(earn("o1", "30"))
    for command in (Clear(ANNA, LOT, day(1)), Deny(ANNA, LOT, "x", day(1)), Clear(ANNA, "shop:o9", day(1))):
        assert ACCOUNT.decide(command, account) == ()


@pytest.mark.parametrize("terms", [Terms(), Terms(3), Terms(3, 1), Terms(inactive_months=2)])
@pytest.mark.parametrize("on", [0, 2, 3, 5])
@pytest.mark.parametrize("until", [None, day(14)])
@pytest.mark.parametrize("then", [(), (Clear(ANNA, LOT, day(6)),), (Deny(ANNA, LOT, "x", day(6)),)])
def test_points_are_conserved_and_journals_balance_and_time_books_the_rest(
    terms: Terms, on: float, until: datetime | None, then: tuple[Command, ...]
) -> None:
    history = history_of(earn("o1", "30", terms=terms), withhold(on, until), *then)
    assert ACCOUNT.wakes is not None
    assert ACCOUNT.wake is not None
    while (due := ACCOUNT.wakes(ACCOUNT.fold(history))) is not None and due <= day(400):
        history += ACCOUNT.decide(ACCOUNT.wake(day(400)), ACCOUNT.fold(history))
    lot = ACCOUNT.fold(history).lots[LOT]
    for now in (0, on, 6, 14, 60, 400):
        assert sum(parts_of(lot, day(now))) == 30
        assert min(parts_of(lot, day(now))) >= 0
    assert [sum(journal(event).values()) for event in history] == [0] * len(history)
    entries = [journal(event).get("pending", 0) for event in history]
    assert sum(entries) == lot.pending(day(400)) == (30 if lot.activates_at == NEVER and not lot.reversed else 0)


STEP = st.tuples(
    st.sampled_from(["earn", "withhold", "window", "clear", "deny", "deliver", "spend", "refund", "hold", "wait"]),
    st.sampled_from(["o1", "o2"]),
    st.integers(0, 40),
)


def command_of(kind: str, order: str, number: int, now: datetime, place: int) -> Command:
    lot = f"shop:{order}"
    terms = Terms(number % 3, 1 + number % 2, awaits="delivery" if number % 4 == 3 else "")
    match kind:
        case "earn":
            return Earn(ANNA, "shop", order, Decimal(30), "EUR", now, now, terms)
        case "withhold" | "window":
            return Withhold(ANNA, lot, now, now + timedelta(days=9) if kind == "window" else None)
        case "clear":
            return Clear(ANNA, lot, now)
        case "deny":
            return Deny(ANNA, lot, "x", now)
        case "deliver":
            return Activate(ANNA, f"d{place}", lot, now, now, None if number % 2 else 1 + number)
        case "spend":
            return Spend(ANNA, f"s{place}", 1 + number, "x", now)
        case "hold":
            return Hold(ANNA, f"h{place}", 1 + number, "x", now, now + timedelta(days=5))
        case "refund":
            return ReverseEarning(ANNA, "shop", order, f"r{place}", Decimal(number), now)
        case _:
            return Book(now)


@for_all(st.lists(STEP, max_size=25))
def test_over_any_history_points_are_conserved_and_the_journal_knows_what_is_pending(
    steps: list[tuple[str, str, int]],
) -> None:
    history: list[Event] = []
    now = day(0)
    for place, (kind, order, number) in enumerate(steps):
        now += timedelta(days=number / 4)
        try:
            history += ACCOUNT.decide(command_of(kind, order, number, now, place), ACCOUNT.fold(history))
        except Rejected:
            continue
        account = ACCOUNT.fold(history)
        for lot in account.lots.values():
            assert sum(parts_of(lot, now)) == lot.points
            assert min(parts_of(lot, now)) >= 0
            assert 0 <= lot.withheld(now) <= lot.pending(now)
        assert [sum(journal(event).values()) for event in history] == [0] * len(history)
        pending = sum(journal(event).get("pending", 0) for event in history)
        assert pending == sum(lot.awaited for lot in account.lots.values())
