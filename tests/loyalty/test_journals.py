"""Journals of what goes back to its lots: a part that repays a debt is booked there, and the whole sums to 0."""

from services.loyalty.domain.ledger.commands import Command, Hold, Release
from services.loyalty.domain.ledger.events import HoldReleased, SpendReversed
from services.loyalty.domain.ledger.journal import journal
from tests.loyalty.loyalty_facts import ANNA, day, earn, history_of, refund, spend, take_back


def owing_twenty(taken: Command) -> tuple[Command, ...]:
    """An order of 30 points, of which 20 are taken, and all are then refunded."""
    return (earn("o1", "30"), taken, refund("r1", "o1", "30"))


def test_a_spend_that_is_taken_back_repays_the_debt_first() -> None:
    *_, event = history_of(*owing_twenty(spend("s1", 20)), take_back("s1"))
    assert isinstance(event, SpendReversed)
    assert journal(event) == {"redeemed": -20, "member": 0, "debt": 20, "breakage": 0}


def test_a_hold_that_is_released_repays_the_debt_first() -> None:
    held = Hold(ANNA, "h1", 20, "voucher", day(0), day(5))
    *_, event = history_of(*owing_twenty(held), Release(ANNA, "h1", day(1)))
    assert isinstance(event, HoldReleased)
    assert journal(event) == {"held": -20, "member": 0, "debt": 20, "breakage": 0}
