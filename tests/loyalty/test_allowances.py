"""How often a member may redeem a limited reward: what counts against the limit, since when and until when."""

from datetime import timedelta

import pytest
from msgspec import structs

from services.loyalty.domain.redeeming.allowance import (
    ALLOWANCE,
    AllowanceKept,
    AllowanceReturned,
    AllowanceUsed,
    GiveBack,
    Keep,
    Use,
    left,
)
from services.loyalty.domain.rewards.offer import Limit
from shared.errors import Rejected
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, NOW, day
from tests.loyalty.reward_facts import MUG, SOON, name

TICK = timedelta(microseconds=1)
WEEKLY = Limit(2, days=7)
USED = AllowanceUsed(ANNA, MUG, name(1), NOW)
WAITING = structs.replace(USED, lapses_at=SOON)
KEPT, RETURNED = AllowanceKept(ANNA, MUG, name(1)), AllowanceReturned(ANNA, MUG, name(1))
KEEP, GIVE_BACK = Keep(ANNA, MUG, name(1)), GiveBack(ANNA, MUG, name(1))


def again(number: int, on: float) -> AllowanceUsed:
    return AllowanceUsed(ANNA, MUG, name(number), day(on))


def use(number: int, on: float, limit: Limit = WEEKLY, *others: float) -> Use:
    return Use(ANNA, MUG, name(number), limit, day(on), None, tuple(map(day, others)))


def test_a_use_counts_for_the_days_of_the_limit_and_where_it_names_none_for_ever() -> None:
    used = [ALLOWANCE.fold([USED])]
    assert [left(used, MUG, WEEKLY, at) for at in (NOW, day(7) - TICK, day(7))] == [1, 1, 2]
    assert left(used, MUG, Limit(2), day(9999)) == 1
    assert left(used, "other", WEEKLY, NOW) == 2


def test_a_use_by_what_waits_counts_until_its_time_is_over_or_for_good_once_it_is_kept() -> None:
    assert [left([ALLOWANCE.fold([WAITING])], MUG, WEEKLY, at) for at in (SOON - TICK, SOON)] == [1, 2]
    assert left([ALLOWANCE.fold([WAITING, KEPT])], MUG, WEEKLY, SOON) == 1
    assert left([ALLOWANCE.fold([USED, RETURNED])], MUG, WEEKLY, NOW) == 2


def test_what_is_left_is_never_negative_and_members_who_are_one_use_it_together() -> None:
    own, others = ALLOWANCE.fold([USED]), ALLOWANCE.fold([again(2, 0), again(3, 0)])
    assert [left([own, others], MUG, Limit(count), NOW) for count in (2, 3, 4)] == [0, 0, 1]


def test_a_use_is_booked_once_with_its_moment_and_its_end() -> None:
    given(ALLOWANCE).when(use(1, 0)).then(USED)
    given(ALLOWANCE).when(structs.replace(use(1, 0), lapses_at=SOON)).then(WAITING)
    given(ALLOWANCE, USED, again(2, 0)).when(use(2, 0)).then_nothing()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (use(9, 3), "A member may redeem this reward 2 times in 7 days, again from 2026-01-12T09:30:00Z on."),
        (use(9, 3, Limit(2)), "A member may redeem this reward 2 times."),
        # the third of four is the one whose end makes room for one more of two
        (
            use(9, 3, WEEKLY, 0.5, 2),
            "A member may redeem this reward 2 times in 7 days, again from 2026-01-13T09:30:00Z on.",
        ),
    ],
)
def test_who_has_redeemed_too_often_is_told_from_when_they_may_again(command: Use, says: str) -> None:
    with pytest.raises(Rejected) as refusal:
        ALLOWANCE.decide(command, ALLOWANCE.fold([USED, again(2, 1)]))
    assert (refusal.value.code, refusal.value.detail) == ("limit-reached", says)


def test_when_they_are_told_to_they_may() -> None:
    given(ALLOWANCE, USED, again(2, 1)).when(use(9, 7)).then(again(9, 7))
    given(ALLOWANCE, USED, again(2, 1)).when(use(9, 8, WEEKLY, 2)).then(again(9, 8))


def test_only_what_waits_is_kept_and_only_what_counts_is_given_back() -> None:
    given(ALLOWANCE, WAITING).when(KEEP).then(KEPT)
    for history in ((), (USED,), (WAITING, KEPT)):
        given(ALLOWANCE, *history).when(KEEP).then_nothing()
    given(ALLOWANCE, WAITING).when(GIVE_BACK).then(RETURNED)
    for gone in ((), (USED, RETURNED)):
        given(ALLOWANCE, *gone).when(GIVE_BACK).then_nothing()


def test_what_is_kept_or_given_back_leaves_other_uses_and_other_rewards_as_they_are() -> None:
    bag = structs.replace(WAITING, reward_id="bag")
    for event in (KEPT, RETURNED):
        allowance = ALLOWANCE.fold([again(2, 0), bag, WAITING, event])
        assert allowance.uses["bag"] == {name(1): bag}
        assert allowance.uses[MUG][name(2)] == again(2, 0)
    assert ALLOWANCE.fold([KEPT, RETURNED]).uses == {MUG: {}}
