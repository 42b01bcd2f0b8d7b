"""An offer and its stock at their bounds: what is just allowed, what is just too much, and what a fault says."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.account import LARGEST
from services.loyalty.domain.rewards.commands import AddCodes, CorrectStock, Take
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.events import (
    CodesAdded,
    Event,
    ReservationLapsed,
    ReservationReleased,
    RewardPublished,
    RewardTaken,
    RewardWithdrawn,
    StockCorrected,
    StockReserved,
)
from services.loyalty.domain.rewards.offer import Conversion, Fulfilment, Kind, Limit, Supply, Worth
from services.loyalty.domain.rewards.soundness import LONGEST_DAYS, LONGEST_HOURS, LONGEST_TITLE, faults
from shared.errors import Rejected
from shared.testing.given import given
from tests.loyalty.loyalty_facts import NOW
from tests.loyalty.reward_facts import LATER, MUG, SENT, SOON, VOUCHER, add, name, offer, published, stocked

TICK = timedelta(microseconds=1)
MILES = {"kind": Kind.CONVERSION, "partner": "sky-air"}


@pytest.mark.parametrize(
    "wide",
    [
        {"titles": {"en": "m" * LONGEST_TITLE}},
        {"titles": {"en": "m"}},
        {"price": 1},
        {"price": LARGEST, "tier_prices": {"gold": 1, "black": LARGEST}},
        {"points_currency": "m" * 32},
        {"tier_prices": {"g" * 64: 1}},
        {"partner": "p" * 64},
        {"limit": Limit(1)},
        {"limit": Limit(1, 1)},
        {"limit": Limit(1, LONGEST_DAYS)},
        {"fulfilment": Fulfilment.EXTERNAL, "fulfil_within_hours": 1},
        {"fulfilment": Fulfilment.EXTERNAL, "fulfil_within_hours": LONGEST_HOURS},
        {**MILES, "conversion": Conversion(1, "miles")},
        {"worth": Worth(Decimal("0.01"), "EUR")},
        {"opens_at": NOW},
        {"closes_at": NOW},
    ],
)
def test_an_offer_may_be_as_wide_as_its_bounds(wide: dict[str, Any]) -> None:
    assert faults(offer(**wide)) == []


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"titles": {}}, "titles", "give a title in at least one language"),
        ({"titles": {"English": "A mug"}}, "titles", "name languages such as en or pt-BR"),
        ({"titles": {"en": "m" * (LONGEST_TITLE + 1)}}, "titles.en", f"must hold 1 to {LONGEST_TITLE} characters"),
        ({"price": 0}, "price", "must be at least one point, and less than 2^63"),
        ({"points_currency": "Miles"}, "points_currency", "must be a point currency such as points"),
        ({"tier_prices": {"Gold": 9}}, "tier_prices", "name tiers such as gold"),
        ({"opens_at": NOW, "closes_at": NOW - TICK}, "closes_at", "must be after opens_at"),
        ({"limit": Limit(0)}, "limit.count", "must be at least 1"),
        ({"limit": Limit(1, LONGEST_DAYS + 1)}, "limit.days", f"must be 1 to {LONGEST_DAYS} days"),
        (
            {"fulfil_within_hours": 1},
            "fulfil_within_hours",
            "is for external fulfilment alone: leave it out",
        ),
        (
            {"fulfilment": Fulfilment.EXTERNAL, "fulfil_within_hours": 0},
            "fulfil_within_hours",
            f"say within how many hours it is fulfilled: 1 to {LONGEST_HOURS}",
        ),
        (
            {"fulfilment": Fulfilment.EXTERNAL, "fulfil_within_hours": -1},
            "fulfil_within_hours",
            f"say within how many hours it is fulfilled: 1 to {LONGEST_HOURS}",
        ),
        ({"kind": Kind.VOUCHER}, "supply", "must be codes for a voucher, and for nothing else"),
        ({"kind": Kind.PARTNER_REWARD}, "partner", "name the partner who provides a partner-reward"),
        ({"partner": "Sky"}, "partner", "must be a partner's id such as sky-air"),
        (MILES, "conversion", "say for a conversion what it gives, and for nothing else"),
        (
            {**MILES, "conversion": Conversion(1, " ")},
            "conversion",
            "must give at least one unit of something",
        ),
        ({"worth": Worth(Decimal(1), "eur")}, "worth", "must be more than nothing, in a currency such as EUR"),
    ],
)
def test_beyond_its_bounds_it_is_told_what_it_must_be(wrong: dict[str, Any], field: str, says: str) -> None:
    assert faults(offer(**wrong)) == [(field, says)]


def test_an_offer_is_open_from_its_first_moment_until_before_its_last() -> None:
    window = offer(opens_at=SOON, closes_at=LATER)
    assert [window.has_opened(at) for at in (SOON - TICK, SOON)] == [False, True]
    assert [window.has_closed(at) for at in (LATER - TICK, LATER)] == [False, True]
    assert (offer().has_opened(NOW), offer().has_closed(NOW)) == (True, False)


def test_a_shelf_holds_as_much_as_fits_and_is_corrected_down_to_nothing() -> None:
    given(REWARD, published(), stocked(LARGEST - 1)).when(add(1, "a2")).then(stocked(1, "a2"))
    full = given(REWARD, published(), stocked(LARGEST))
    full.when(CorrectStock(MUG, "c1", 1, "found", NOW)).then_rejected("stock-overflow")
    given(REWARD, published(), stocked(2)).when(CorrectStock(MUG, "c1", -2, "lost", NOW)).then(
        StockCorrected(MUG, "c1", -2, "lost")
    )
    given(REWARD, published()).when(add(1)).then(stocked(1))
    given(REWARD, RewardPublished(MUG, VOUCHER)).when(AddCodes(MUG, "b1", 1)).then(CodesAdded(MUG, "b1", 0, 1))
    given(REWARD, RewardPublished(MUG, VOUCHER)).when(AddCodes(MUG, "b1", 0)).then_rejected("stock-not-positive")


def test_what_is_reserved_lapses_with_its_last_moment_each_for_itself() -> None:
    reward = REWARD.fold(
        (published(), stocked(3), StockReserved(MUG, name(1), LATER), StockReserved(MUG, name(2), SOON))
    )
    assert [reward.left(at) for at in (SOON - TICK, SOON, LATER - TICK, LATER)] == [1, 2, 2, 3]
    assert reward.first_lapses_at == SOON
    released = REWARD.evolve(reward, ReservationReleased(MUG, name(1)))
    assert (released.first_lapses_at, released.left(NOW)) == (SOON, 2)
    assert REWARD.evolve(released, ReservationReleased(MUG, name(2))).first_lapses_at is None


def test_what_lapsed_happened_at_its_end_and_all_else_when_it_was_told() -> None:
    assert REWARD.happened
    lapsed = ReservationLapsed(MUG, name(1), SOON)
    assert [REWARD.happened(event) for event in (lapsed, RewardTaken(MUG, name(1)))] == [SOON, None]


def test_a_code_that_came_back_unseen_is_reserved_again_before_a_new_one() -> None:
    codes = (RewardPublished(MUG, VOUCHER), CodesAdded(MUG, "b1", 0, 3))
    history: tuple[Event, ...] = (*codes, *(StockReserved(MUG, name(n), SOON, n) for n in range(3)))
    back = (*history, ReservationReleased(MUG, name(2)), ReservationReleased(MUG, name(0)))
    reward = REWARD.fold(back)
    assert (reward.returned, reward.dealt) == ((2, 0), 3)
    after = REWARD.evolve(reward, StockReserved(MUG, name(3), SOON, 2))
    assert (after.returned, after.dealt) == ((0,), 3)
    assert REWARD.evolve(reward, ReservationReleased(MUG, name(9))) == reward


def test_there_is_no_end_of_what_is_not_counted() -> None:
    unlimited = REWARD.fold((published(supply=Supply.UNLIMITED), RewardTaken(MUG, name(1))))
    assert (unlimited.left(NOW), unlimited.counted) == (None, False)
    assert REWARD.fold((published(),)).left(NOW) == 0


def test_a_reward_that_waits_keeps_its_hours() -> None:
    assert SENT.fulfil_within_hours == 1
    assert faults(structs.replace(SENT, fulfil_within_hours=None)) == [
        ("fulfil_within_hours", f"say within how many hours it is fulfilled: 1 to {LONGEST_HOURS}")
    ]


def test_what_was_withdrawn_and_is_published_again_can_be_redeemed() -> None:
    again = (published(), stocked(1), RewardWithdrawn(MUG), published())
    given(REWARD, *again).when(Take(MUG, name(1), NOW)).then(RewardTaken(MUG, name(1)))


def test_a_correction_that_takes_too_much_is_told_what_is_there() -> None:
    with pytest.raises(Rejected) as refusal:
        REWARD.decide(CorrectStock(MUG, "c1", -3, "lost", NOW), REWARD.fold((published(), stocked(2))))
    assert refusal.value.detail == "On the shelf are 2, and 3 were to be taken off. Take off at most those."
