"""A frozen account lets nothing out; a closed one has nothing, earns nothing, and owes nothing."""

import pytest

from services.loyalty.domain.ledger.booking import wakes
from services.loyalty.domain.ledger.commands import Capture, Close, Command, Freeze, Hold, Release, Unfreeze
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    AccountClosed,
    AccountFrozen,
    AccountUnfrozen,
    NothingEarned,
    PointsForfeited,
    PointsReversed,
)
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.programme.terms import Terms
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, day, earn, history_of, refund, spend

FREEZE = Freeze(ANNA, "stolen", "carl", day(1))
UNFREEZE = Unfreeze(ANNA, "found", "dora", day(2))
CLOSE = Close(ANNA, "asked to leave", "carl", day(2))


def test_a_frozen_account_blocks_what_is_active_until_it_is_unfrozen() -> None:
    history = history_of(earn("o1", "30"), FREEZE)
    assert history[-1] == AccountFrozen(ANNA, "stolen", "carl")
    account = ACCOUNT.fold(history)
    assert (account.balance(day(1)), account.blocked(day(1))) == (30, 30)
    given(ACCOUNT, *history).when(spend("s1", 5, 1)).then_rejected("account-frozen")
    given(ACCOUNT, *history).when(Hold(ANNA, "h1", 5, "x", day(1))).then_rejected("account-frozen")
    given(ACCOUNT, *history).when(FREEZE).then_nothing()
    history += ACCOUNT.decide(UNFREEZE, account)
    assert AccountUnfrozen(ANNA, "found", "dora") in history
    assert ACCOUNT.fold(history).blocked(day(2)) == 0
    given(ACCOUNT, *history).when(UNFREEZE).then_nothing()
    assert len(ACCOUNT.decide(spend("s1", 5, 2), ACCOUNT.fold(history))) == 1


def test_a_frozen_account_earns_and_pays_back_and_its_points_lapse() -> None:
    history = history_of(earn("o1", "30"), FREEZE, earn("o2", "10", 1, terms=Terms(valid_months=1)))
    history += ACCOUNT.decide(refund("r1", "o1", "5", 1), ACCOUNT.fold(history))
    assert [ACCOUNT.fold(history).balance(day(at)) for at in (1, 60)] == [35, 25]


def test_what_was_held_before_the_freeze_can_go_back_and_not_be_captured() -> None:
    history = history_of(earn("o1", "30"), Hold(ANNA, "h1", 5, "x", day(0)), FREEZE)
    given(ACCOUNT, *history).when(Capture(ANNA, "h1", day(1))).then_rejected("account-frozen")
    assert len(ACCOUNT.decide(Release(ANNA, "h1", day(1)), ACCOUNT.fold(history))) == 1


def test_with_the_close_all_points_lapse_active_or_pending() -> None:
    history = history_of(earn("o1", "30"), earn("o2", "10", terms=Terms(14)), spend("s1", 5))
    forfeited, closed = ACCOUNT.decide(CLOSE, ACCOUNT.fold(history))
    assert forfeited == PointsForfeited(ANNA, 35, {"shop:o1": 25, "shop:o2": 10}, 0, 0, {"shop:o2": 10})
    assert closed == AccountClosed(ANNA, "asked to leave", "carl")
    assert journal(forfeited) == {"member": -25, "pending": -10, "breakage": 35, "debt": 0, "issued": 0}
    account = ACCOUNT.fold([*history, forfeited, closed])
    assert (account.balance(day(99)), account.pending(day(3)), wakes(account)) == (0, 0, None)
    assert account.lots["shop:o1"].expired(day(2)) == 25


def test_what_is_owed_is_waived_with_the_close() -> None:
    history = history_of(earn("o1", "30"), spend("s1", 30), refund("r1", "o1", "30"))
    forfeited, _ = ACCOUNT.decide(CLOSE, ACCOUNT.fold(history))
    assert forfeited == PointsForfeited(ANNA, 0, {}, 30, 0)
    assert ACCOUNT.fold([*history, forfeited]).owed() == 0


def test_nothing_is_closed_while_points_are_held() -> None:
    history = history_of(earn("o1", "30"), Hold(ANNA, "h1", 5, "x", day(0)))
    given(ACCOUNT, *history).when(CLOSE).then_rejected("holds-open")
    over = history_of(earn("o1", "30"), Hold(ANNA, "h1", 5, "x", day(0), day(1)))
    assert len(ACCOUNT.decide(CLOSE, ACCOUNT.fold(over))) == 2


CLOSED = history_of(earn("o1", "30"), spend("s1", 10), CLOSE)


def test_a_closed_account_earns_nothing_and_remembers_the_order() -> None:
    (event,) = ACCOUNT.decide(earn("o2", "50", 3), ACCOUNT.fold(CLOSED))
    assert isinstance(event, NothingEarned)
    assert event.closed
    given(ACCOUNT, *CLOSED, event).when(earn("o2", "50", 3)).then_nothing()


@pytest.mark.parametrize("order", ["o1", "o2"])
def test_a_refund_after_the_close_leaves_no_debt(order: str) -> None:
    history = [*CLOSED, *ACCOUNT.decide(earn("o2", "50", 3), ACCOUNT.fold(CLOSED))]
    amount = {"o1": "30", "o2": "50"}[order]
    (event,) = ACCOUNT.decide(refund("r1", order, amount, 4), ACCOUNT.fold(history))
    assert isinstance(event, PointsReversed)
    assert (event.debt, event.waived) == (0, event.points)
    assert sum(journal(event).values()) == 0


@pytest.mark.parametrize("command", [spend("s2", 1, 3), Hold(ANNA, "h1", 5, "x", day(3)), FREEZE, UNFREEZE])
def test_nothing_else_happens_to_a_closed_account(command: Command) -> None:
    given(ACCOUNT, *CLOSED).when(command).then_rejected("account-closed")
    given(ACCOUNT, *CLOSED).when(CLOSE).then_nothing()


def test_who_is_no_member_has_no_standing() -> None:
    for command in (FREEZE, UNFREEZE, CLOSE):
        given(ACCOUNT).when(command).then_rejected("member-unknown")
