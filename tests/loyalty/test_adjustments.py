"""Adjustments have a reason and an actor; large ones wait until a second person confirms or refuses them."""

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.commands import Adjust, ConfirmAdjustment, RefuseAdjustment
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import AdjustmentProposed, AdjustmentRefused, PointsAdjusted
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.ledger.lot import part_of
from services.loyalty.domain.ledger.policies import AdjustmentPolicy
from services.loyalty.domain.programme.terms import Terms
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, day, earn, history_of, refund, spend

LAPSES = Terms(valid_months=1)
EARNED = history_of(earn("o1", "30"))
LARGE = 200
PROPOSED = AdjustmentProposed(ANNA, "a1", LARGE, "lost luggage", "carl")


def adjust(points: int, name: str = "a1", terms: Terms = LAPSES) -> Adjust:
    return Adjust(ANNA, name, points, "lost luggage", "carl", day(1), terms, policy=AdjustmentPolicy(alone=100))


def confirm(actor: str = "dora") -> ConfirmAdjustment:
    return ConfirmAdjustment(ANNA, "a1", actor, day(2), {"points": LAPSES})


def refuse(actor: str = "dora") -> RefuseAdjustment:
    return RefuseAdjustment(ANNA, "a1", "paid already", actor, day(2))


def test_points_are_given_in_a_lot_of_their_own_that_lives_on_the_terms() -> None:
    (event,) = ACCOUNT.decide(adjust(50), ACCOUNT.fold(EARNED))
    assert isinstance(event, PointsAdjusted)
    assert (event.actor, event.reason, event.balance_after) == ("carl", "lost luggage", 80)
    account = ACCOUNT.fold([*EARNED, event])
    assert account.lots[part_of("adjustment", "a1")].expires_at == LAPSES.expires_at(day(1))
    assert account.balance(day(400)) == 30
    assert journal(event) == {"issued": -50, "member": 50, "pending": 0, "debt": 0}


def test_points_are_taken_in_spending_order_then_pending_ones_and_never_more_than_there_are() -> None:
    history = history_of(earn("o1", "30"), earn("o2", "10", terms=Terms(14)))
    (event,) = ACCOUNT.decide(adjust(-35), ACCOUNT.fold(history))
    assert isinstance(event, PointsAdjusted)
    assert (event.allocations, event.pending) == ({"shop:o1": 30, "shop:o2": 5}, {"shop:o2": 5})
    assert journal(event) == {"issued": 35, "member": -30, "pending": -5, "debt": 0}
    given(ACCOUNT, *history).when(adjust(-41)).then_rejected("balance-too-low")


def test_what_is_given_repays_a_debt_first() -> None:
    owes = history_of(earn("o1", "30"), spend("s1", 30), refund("r1", "o1", "30"))
    (event,) = ACCOUNT.decide(adjust(50), ACCOUNT.fold(owes))
    assert isinstance(event, PointsAdjusted)
    assert (event.debt_repaid, event.balance_after) == (30, 20)


@pytest.mark.parametrize("points", [50, -20, LARGE])
def test_an_adjustment_counts_once_and_never_with_another_number(points: int) -> None:
    history = [*EARNED, *ACCOUNT.decide(adjust(points), ACCOUNT.fold(EARNED))]
    given(ACCOUNT, *history).when(adjust(points)).then_nothing()
    given(ACCOUNT, *history).when(adjust(points + 1)).then_rejected("adjustment-differs")


@pytest.mark.parametrize(("points", "alone"), [(100, True), (-30, True), (101, False), (-101, False)])
def test_more_than_one_person_may_move_alone_waits_and_moves_nothing(points: int, *, alone: bool) -> None:
    (event,) = ACCOUNT.decide(adjust(points), ACCOUNT.fold(EARNED))
    assert isinstance(event, PointsAdjusted if alone else AdjustmentProposed)
    assert (ACCOUNT.fold([*EARNED, event]).balance(day(1)) == 30) is not alone


def test_a_second_person_confirms_it_and_the_first_can_not() -> None:
    history = [*EARNED, PROPOSED]
    given(ACCOUNT, *history).when(confirm("carl")).then_rejected("second-person-needed")
    (event,) = ACCOUNT.decide(confirm(), ACCOUNT.fold(history))
    assert isinstance(event, PointsAdjusted)
    assert (event.actor, event.confirmed_by, event.balance_after) == ("carl", "dora", 230)
    account = ACCOUNT.fold([*history, event])
    assert (account.adjustments["a1"].reason, account.adjustments["a1"].status) == ("lost luggage", "made")
    given(ACCOUNT, *history, event).when(confirm()).then_nothing()
    given(ACCOUNT, *history, event).when(refuse()).then_rejected("adjustment-decided")


def test_what_was_refused_moves_nothing_for_good() -> None:
    refused = AdjustmentRefused(ANNA, "a1", "paid already", "dora")
    given(ACCOUNT, *EARNED, PROPOSED).when(refuse()).then(refused)
    given(ACCOUNT, *EARNED, PROPOSED, refused).when(refuse()).then_nothing()
    given(ACCOUNT, *EARNED, PROPOSED, refused).when(confirm()).then_rejected("adjustment-decided")
    assert ACCOUNT.fold([*EARNED, PROPOSED, refused]).balance(day(2)) == 30


def test_a_debit_that_no_longer_fits_when_it_is_confirmed_is_refused() -> None:
    history = history_of(earn("o1", "300"), adjust(-LARGE), spend("s1", 150, 1.5))
    given(ACCOUNT, *history).when(confirm()).then_rejected("balance-too-low")


def test_what_makes_no_sense_is_refused() -> None:
    given(ACCOUNT, *EARNED).when(adjust(0)).then_rejected("adjustment-of-nothing")
    given(ACCOUNT, *EARNED).when(structs.replace(adjust(5), points_currency="gold")).then_rejected("currency-unknown")
    given(ACCOUNT).when(adjust(5)).then_rejected("member-unknown")
    given(ACCOUNT, *EARNED).when(confirm()).then_rejected("adjustment-unknown")
    given(ACCOUNT, *EARNED).when(refuse()).then_rejected("adjustment-unknown")
