"""The rules of a reward: its offer, its stock, and who gets the last one."""

from datetime import timedelta

import pytest

from services.loyalty.domain.rewards.commands import (
    AddCodes,
    BookLapsed,
    Confirm,
    CorrectStock,
    Publish,
    Release,
    Return,
    Take,
    Withdraw,
)
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.events import (
    CodesAdded,
    ReservationConfirmed,
    ReservationLapsed,
    ReservationReleased,
    RewardChanged,
    RewardPublished,
    RewardReturned,
    RewardTaken,
    RewardWithdrawn,
    StockAdded,
    StockCorrected,
    StockReserved,
)
from services.loyalty.domain.rewards.offer import Kind, Supply
from shared.errors import Invalid
from shared.testing.given import given
from tests.loyalty.loyalty_facts import NOW
from tests.loyalty.reward_facts import LATER, MUG, SOON, VOUCHER, add, name, offer, publish, published, stocked

TICK = timedelta(microseconds=1)


def take(number: int = 1, now: object = NOW, until: object = None) -> Take:
    return Take(MUG, name(number), now, until)  # type: ignore[arg-type] # moments, given by name in the tests


def reserved(number: int = 1, code: int | None = None) -> StockReserved:
    return StockReserved(MUG, name(number), SOON, code)


def test_an_offer_is_published_once() -> None:
    given(REWARD).when(publish()).then(published())
    given(REWARD, published()).when(publish()).then_nothing()


def test_another_offer_changes_it() -> None:
    given(REWARD, published()).when(publish(price=120)).then(RewardChanged(MUG, offer(price=120)))


def test_an_offer_that_makes_no_sense_is_refused_by_its_fields() -> None:
    with pytest.raises(Invalid, match="price: must be at least one point"):
        given(REWARD).when(publish(price=0))


def test_what_a_reward_is_counted_in_stays() -> None:
    given(REWARD, published()).when(publish(supply=Supply.UNLIMITED)).then_rejected("reward-supply-differs")


def test_a_withdrawn_reward_can_be_published_again() -> None:
    given(REWARD, published()).when(Withdraw(MUG)).then(RewardWithdrawn(MUG))
    given(REWARD, published(), RewardWithdrawn(MUG)).when(Withdraw(MUG)).then_nothing()
    given(REWARD, published(), RewardWithdrawn(MUG)).when(publish()).then(published())
    given(REWARD).when(Withdraw(MUG)).then_rejected("reward-unknown")


def test_stock_is_added_once_for_each_id() -> None:
    given(REWARD, published()).when(add(3)).then(stocked(3))
    given(REWARD, published(), stocked(3)).when(add(3)).then_nothing()
    given(REWARD, published(), stocked(3)).when(add(4)).then_rejected("stock-differs")


def test_only_what_is_counted_can_be_stocked() -> None:
    given(REWARD, published(supply=Supply.UNLIMITED)).when(add(3)).then_rejected("reward-supply-differs")
    given(REWARD, RewardPublished(MUG, VOUCHER)).when(add(3)).then_rejected("reward-supply-differs")
    given(REWARD, published()).when(AddCodes(MUG, "b1", 3)).then_rejected("reward-supply-differs")
    given(REWARD).when(add(3)).then_rejected("reward-unknown")


def test_stock_is_refused_where_it_is_none_or_doesnt_fit() -> None:
    given(REWARD, published()).when(add(0)).then_rejected("stock-not-positive")
    given(REWARD, published(), stocked(2**63 - 1)).when(add(1, "a2")).then_rejected("stock-overflow")


def test_a_correction_reaches_only_what_is_on_the_shelf() -> None:
    history = (published(), stocked(3), RewardTaken(MUG, name(1)), reserved(2))
    given(REWARD, *history).when(CorrectStock(MUG, "c1", -1, "broken", NOW)).then(
        StockCorrected(MUG, "c1", -1, "broken")
    )
    given(REWARD, *history).when(CorrectStock(MUG, "c1", -2, "broken", NOW)).then_rejected("stock-too-low")
    given(REWARD, *history).when(CorrectStock(MUG, "c1", 0, "none", NOW)).then_rejected("stock-not-corrected")
    given(REWARD, *history).when(CorrectStock(MUG, "c2", -2, "lost", SOON)).then(
        ReservationLapsed(MUG, name(2), SOON), StockCorrected(MUG, "c2", -2, "lost")
    )
    correction = StockCorrected(MUG, "c1", -1, "broken")
    given(REWARD, *history, correction).when(CorrectStock(MUG, "c1", -1, "broken", NOW)).then_nothing()


def test_the_last_one_goes_to_who_comes_first() -> None:
    given(REWARD, published(), stocked(1)).when(take(1)).then(RewardTaken(MUG, name(1)))
    given(REWARD, published(), stocked(1), RewardTaken(MUG, name(1))).when(take(2)).then_rejected("reward-out-of-stock")
    given(REWARD, published(), stocked(1), reserved(1)).when(take(2)).then_rejected("reward-out-of-stock")


def test_of_what_has_no_end_anyone_may_take() -> None:
    given(REWARD, published(supply=Supply.UNLIMITED)).when(take(1)).then(RewardTaken(MUG, name(1)))


def test_a_reward_can_be_redeemed_in_its_window_only() -> None:
    history = (published(opens_at=SOON, closes_at=LATER), stocked(1))
    given(REWARD, *history).when(take(1, SOON - TICK)).then_rejected("reward-not-open")
    given(REWARD, *history).when(take(1, SOON)).then(RewardTaken(MUG, name(1)))
    given(REWARD, *history).when(take(1, LATER - TICK)).then(RewardTaken(MUG, name(1)))
    given(REWARD, *history).when(take(1, LATER)).then_rejected("reward-closed")


def test_what_is_not_offered_cant_be_redeemed() -> None:
    given(REWARD).when(take(1)).then_rejected("reward-unknown")
    given(REWARD, published(), stocked(1), RewardWithdrawn(MUG)).when(take(1)).then_rejected("reward-withdrawn")


def test_a_reservation_is_confirmed_in_time_or_released() -> None:
    history = (published(), stocked(1), reserved(1))
    given(REWARD, *history).when(Confirm(MUG, name(1), SOON - TICK)).then(ReservationConfirmed(MUG, name(1)))
    given(REWARD, *history).when(Confirm(MUG, name(1), SOON)).then_rejected("reservation-over")
    given(REWARD, *history).when(Release(MUG, name(1))).then(ReservationReleased(MUG, name(1)))
    given(REWARD, *history, ReservationReleased(MUG, name(1))).when(Release(MUG, name(1))).then_nothing()


def test_what_lapsed_can_be_taken_though_nobody_booked_it() -> None:
    history = (published(), stocked(1), reserved(1))
    given(REWARD, *history).when(take(2, SOON - TICK)).then_rejected("reward-out-of-stock")
    given(REWARD, *history).when(take(2, SOON)).then(ReservationLapsed(MUG, name(1), SOON), RewardTaken(MUG, name(2)))


def test_a_timer_books_what_lapsed() -> None:
    history = (published(), stocked(2), reserved(1), StockReserved(MUG, name(2), LATER))
    assert REWARD.wakes
    assert REWARD.wakes(REWARD.fold(history)) == SOON
    given(REWARD, *history).when(BookLapsed(SOON)).then(ReservationLapsed(MUG, name(1), SOON))
    assert REWARD.wakes(REWARD.fold((*history, ReservationLapsed(MUG, name(1), SOON)))) == LATER


def test_what_comes_back_is_on_the_shelf_again() -> None:
    history = (published(), stocked(1), RewardTaken(MUG, name(1)))
    given(REWARD, *history).when(Return(MUG, name(1))).then(RewardReturned(MUG, name(1)))
    assert REWARD.fold((*history, RewardReturned(MUG, name(1)))).left(NOW) == 1
    given(REWARD, published(), stocked(1)).when(Return(MUG, name(1))).then_rejected("nothing-taken")


CODES = (RewardPublished(MUG, VOUCHER), CodesAdded(MUG, "b1", 0, 2))


def test_codes_get_numbers_batch_after_batch() -> None:
    given(REWARD, CODES[0]).when(AddCodes(MUG, "b1", 2)).then(CODES[1])
    given(REWARD, *CODES).when(AddCodes(MUG, "b2", 3)).then(CodesAdded(MUG, "b2", 2, 3))
    given(REWARD, *CODES).when(AddCodes(MUG, "b1", 2)).then_nothing()


def test_every_code_is_given_once_and_one_that_came_back_unseen_first() -> None:
    given(REWARD, *CODES).when(take(1)).then(RewardTaken(MUG, name(1), 0))
    history = (*CODES, reserved(1, 0), RewardTaken(MUG, name(2), 1))
    given(REWARD, *history).when(take(3)).then_rejected("reward-out-of-stock")
    given(REWARD, *history, ReservationReleased(MUG, name(1))).when(take(3)).then(RewardTaken(MUG, name(3), 0))


def test_a_code_that_was_seen_never_goes_back_into_the_pool() -> None:
    history = (*CODES, RewardTaken(MUG, name(1), 0), RewardTaken(MUG, name(2), 1))
    given(REWARD, *history).when(Return(MUG, name(1), 0)).then(RewardReturned(MUG, name(1), 0))
    given(REWARD, *history, RewardReturned(MUG, name(1), 0)).when(take(3)).then_rejected("reward-out-of-stock")


def test_who_redeems_twice_at_once_is_refused() -> None:
    given(REWARD, published(), stocked(2), reserved(1)).when(take(1)).then_rejected("reserved-already")


def test_stock_that_came_by_two_ways_adds_up() -> None:
    reward = REWARD.fold((published(), stocked(3), StockAdded(MUG, "a2", 4), StockCorrected(MUG, "c1", -2, "lost")))
    assert (reward.added, reward.left(NOW)) == (5, 5)


def test_a_voucher_is_published_as_one() -> None:
    given(REWARD).when(Publish(MUG, VOUCHER)).then(RewardPublished(MUG, VOUCHER))
    assert VOUCHER.kind is Kind.VOUCHER
