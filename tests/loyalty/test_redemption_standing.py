"""Where a redemption stands: what it can still become, what stays as it is, and when its time is over."""

from datetime import timedelta

import pytest
from msgspec import structs

from services.loyalty.domain.redeeming.redemption import (
    Event,
    RedemptionCancelled,
    RedemptionFailed,
    RedemptionFulfilled,
    RedemptionMade,
    RedemptionTimedOut,
    Status,
)
from services.loyalty.domain.redeeming.standing import REDEMPTION, Cancel, Command, Fail, Fulfil, Make, TimeOut
from shared.errors import Rejected
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW
from tests.loyalty.reward_facts import LATER, MUG, SOON, name

TICK = timedelta(microseconds=1)
AT_ONCE = RedemptionMade(name(1), ANNA, MUG, 90, "miles", 100, (ANNA,), "gold", "sky-air")
WAITING = structs.replace(AT_ONCE, expires_at=SOON)
FULFILLED = RedemptionFulfilled(name(1), ANNA, MUG, 90, "miles", "sky-air")
SENT = structs.replace(FULFILLED, reference="parcel-1")
FAILED, TIMED_OUT = RedemptionFailed(name(1), ANNA, MUG, "lost"), RedemptionTimedOut(name(1), ANNA, MUG, SOON)
CANCELLED = RedemptionCancelled(name(1), ANNA, MUG, "unwanted", False)
FULFIL, FAIL, CANCEL = Fulfil(NOW, "parcel-1"), Fail(NOW, "lost"), Cancel(NOW, "unwanted")


def test_what_doesnt_wait_is_fulfilled_at_once_by_the_partner_that_offers_it() -> None:
    given(REDEMPTION).when(Make(AT_ONCE)).then(AT_ONCE, FULFILLED)
    given(REDEMPTION).when(Make(WAITING)).then(WAITING)


def test_a_redemption_is_made_once_by_one_member_and_of_one_reward() -> None:
    given(REDEMPTION, WAITING).when(Make(structs.replace(WAITING, points=5))).then_nothing()
    for other in (structs.replace(WAITING, customer_id=BERT), structs.replace(WAITING, reward_id="bag")):
        given(REDEMPTION, WAITING).when(Make(other)).then_rejected("redemption-differs")


@pytest.mark.parametrize(("command", "event"), [(FULFIL, SENT), (FAIL, FAILED), (CANCEL, CANCELLED)])
def test_what_waits_becomes_what_is_said_of_it_once(command: Command, event: Event) -> None:
    given(REDEMPTION, WAITING).when(command).then(event)
    given(REDEMPTION, WAITING, event).when(command).then_nothing()


def test_what_was_fulfilled_can_be_called_off_and_says_that_it_was() -> None:
    called_off = structs.replace(CANCELLED, fulfilled=True)
    given(REDEMPTION, WAITING, SENT).when(CANCEL).then(called_off)
    given(REDEMPTION, AT_ONCE, FULFILLED).when(CANCEL).then(called_off)
    given(REDEMPTION, WAITING, SENT, called_off).when(CANCEL).then_nothing()


@pytest.mark.parametrize(
    ("event", "command", "stays"),
    [
        (SENT, FAIL, "fulfilled"),
        (FAILED, FULFIL, "failed"),
        (FAILED, CANCEL, "failed"),
        (CANCELLED, FULFIL, "cancelled"),
        (CANCELLED, FAIL, "cancelled"),
        (TIMED_OUT, FULFIL, "timed-out"),
        (TIMED_OUT, CANCEL, "timed-out"),
    ],
)
def test_what_has_ended_stays_as_it_is(event: Event, command: Command, stays: str) -> None:
    with pytest.raises(Rejected) as refusal:
        REDEMPTION.decide(command, REDEMPTION.fold([WAITING, event]))
    assert refusal.value.code == "redemption-over"
    assert refusal.value.detail == f"The redemption is {stays} and stays so. Redeem again, if it is wanted."


def test_its_time_is_over_at_its_end_whether_that_is_booked_or_not() -> None:
    waiting = REDEMPTION.fold([WAITING])
    assert waiting is not None
    assert [waiting.status(at) for at in (SOON - TICK, SOON)] == [Status.FULFILLING, Status.TIMED_OUT]
    given(REDEMPTION, WAITING).when(Fulfil(SOON - TICK)).then(FULFILLED)
    given(REDEMPTION, WAITING).when(Fulfil(SOON)).then_rejected("redemption-over")


def test_the_end_of_its_time_is_booked_once_where_it_still_waits() -> None:
    given(REDEMPTION, WAITING).when(TimeOut(SOON - TICK)).then_nothing()
    for now in (SOON, LATER):
        given(REDEMPTION, WAITING).when(TimeOut(now)).then(TIMED_OUT)
    for event in (SENT, FAILED, CANCELLED, TIMED_OUT):
        given(REDEMPTION, WAITING, event).when(TimeOut(LATER)).then_nothing()
    given(REDEMPTION, AT_ONCE).when(TimeOut(LATER)).then_nothing()


def test_it_wakes_at_the_end_of_its_time_as_long_as_it_waits() -> None:
    assert REDEMPTION.wakes
    assert REDEMPTION.happened
    assert REDEMPTION.wakes(None) is None
    assert REDEMPTION.wakes(REDEMPTION.fold([WAITING])) == SOON
    for event in (SENT, FAILED, CANCELLED, TIMED_OUT):
        assert REDEMPTION.wakes(REDEMPTION.fold([WAITING, event])) is None
    assert [REDEMPTION.happened(event) for event in (WAITING, TIMED_OUT)] == [None, SOON]


def test_a_redemption_keeps_how_it_was_delivered() -> None:
    redemption = REDEMPTION.fold([WAITING, SENT])
    assert redemption is not None
    assert (redemption.made, redemption.booked, redemption.reference) == (WAITING, Status.FULFILLED, "parcel-1")
