"""What looks like abuse: each rule speaks up beyond its limit, not at it, and says why."""

from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.abuse.acts import Act, Kind
from services.loyalty.domain.abuse.faults import LONGEST_HOURS, LONGEST_PROOF, MOST_RULES, faults
from services.loyalty.domain.abuse.judge import Past, judge
from services.loyalty.domain.abuse.limits import (
    MULTI_FACTOR,
    Blocking,
    Limits,
    ReturnLoops,
    StepUp,
    Transfers,
    Velocity,
    Withholding,
)
from services.loyalty.domain.abuse.proof import Proof
from services.loyalty.domain.abuse.referral import Party, self_referral
from services.loyalty.domain.abuse.verdict import Outcome, verdict
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.told_faults import places

EARNING, RETURN, REDEMPTION, TRANSFER, RECEIPT = Kind


def act(kind: Kind, name: str, on: float, points: int = 10, of: str = "") -> Act:
    return Act(kind, name, day(on), points, of)


def rules(item: Act, limits: Limits, *past: Act, **more: Any) -> list[tuple[str, Outcome]]:
    found = judge(item, Past(past, **{"enrolled_at": day(-365), **more}), limits)
    severest = max((finding.outcome for finding in found.findings), key=lambda one: one.severity, default=Outcome.ALLOW)
    assert found.outcome is severest
    return [(finding.rule, finding.outcome) for finding in found.findings]


THREE_A_DAY = Limits((Velocity(EARNING, 24, most_acts=3),))
EARNINGS = tuple(act(EARNING, f"o{n}", n / 10) for n in range(3))


def test_as_many_acts_as_are_allowed_pass_and_one_more_is_suspected() -> None:
    assert rules(act(EARNING, "o2", 0.2), THREE_A_DAY, *EARNINGS[:2]) == []
    assert rules(act(EARNING, "o3", 0.3), THREE_A_DAY, *EARNINGS) == [("velocity-earning", Outcome.SUSPECT)]


def test_the_window_is_half_open_and_of_one_kind() -> None:
    assert rules(act(EARNING, "o3", 1.0), THREE_A_DAY, *EARNINGS) == []
    assert rules(act(EARNING, "o3", 0.999), THREE_A_DAY, *EARNINGS) == [("velocity-earning", Outcome.SUSPECT)]
    assert rules(act(REDEMPTION, "r1", 0.3), THREE_A_DAY, *EARNINGS) == []


def test_points_are_limited_beside_acts() -> None:
    limits = Limits((Velocity(TRANSFER, 24, most_points=100, outcome=Outcome.REFUSE),))
    assert rules(act(TRANSFER, "t2", 0.5, 40), limits, act(TRANSFER, "t1", 0, 60)) == []
    assert rules(act(TRANSFER, "t2", 0.5, 41), limits, act(TRANSFER, "t1", 0, 60)) == [
        ("velocity-transfer", Outcome.REFUSE)
    ]


def test_the_reason_names_the_numbers() -> None:
    found = judge(act(EARNING, "o3", 0.3), Past(EARNINGS), THREE_A_DAY)
    assert [finding.says for finding in found.findings] == ["4 acts of earning within 24 hours: 3 are the most."]


def test_an_act_that_is_known_already_is_not_counted_against_itself() -> None:
    assert rules(EARNINGS[2], THREE_A_DAY, *EARNINGS, *EARNINGS) == []


LOOPS = Limits(return_loops=ReturnLoops(hours=24 * 30, return_hours=24 * 14, most=1))
LOOP = (act(EARNING, "o1", 0), act(REDEMPTION, "r1", 1), act(RETURN, "b1", 2, of="o1"))
AGAIN = (act(EARNING, "o2", 3), act(REDEMPTION, "r2", 4))


def test_a_second_purchase_that_is_given_back_after_points_were_redeemed_is_a_loop() -> None:
    assert rules(LOOP[2], LOOPS, *LOOP[:2]) == []
    assert rules(act(RETURN, "b2", 5, of="o2"), LOOPS, *LOOP, *AGAIN) == [("return-loop", Outcome.SUSPECT)]


def test_a_return_without_a_redemption_or_long_after_the_purchase_is_none() -> None:
    assert rules(act(RETURN, "b2", 5, of="o2"), LOOPS, *LOOP, AGAIN[0]) == []
    assert rules(act(RETURN, "b2", 18, of="o2"), LOOPS, *LOOP, *AGAIN) == []


def test_a_rule_says_nothing_of_acts_of_another_kind() -> None:
    assert rules(act(REDEMPTION, "r9", 0.5), Limits((Velocity(EARNING, 24, most_acts=0),))) == []
    assert rules(act(EARNING, "o9", 5), LOOPS, *LOOP, *AGAIN, act(RETURN, "b2", 5, of="o2")) == []
    assert rules(act(REDEMPTION, "r9", 1), TRANSFERS, enrolled_at=day(1)) == []
    assert rules(act(EARNING, "o9", 1, 500), STEP_UP) == []


TRANSFERS = Limits(transfers=Transfers(least_member_hours=48, passing_hours=24, most_passed_on=Decimal("0.5")))


def test_a_new_member_gives_nothing_away() -> None:
    assert rules(act(TRANSFER, "t1", 2), TRANSFERS, enrolled_at=day(0)) == []
    assert rules(act(TRANSFER, "t1", 1.9), TRANSFERS, enrolled_at=day(0)) == [("transfer-too-young", Outcome.REFUSE)]
    assert rules(act(TRANSFER, "t1", 1.9), TRANSFERS, enrolled_at=None) == [("transfer-too-young", Outcome.REFUSE)]


def test_what_was_just_received_is_passed_on_in_part_alone() -> None:
    received = act(RECEIPT, "g1", 0, 100)
    assert rules(act(TRANSFER, "t1", 0.5, 50), TRANSFERS, received) == []
    assert rules(act(TRANSFER, "t1", 0.5, 51), TRANSFERS, received) == [("transfer-passed-on", Outcome.SUSPECT)]
    assert rules(act(TRANSFER, "t1", 1, 51), TRANSFERS, received) == []


STEP_UP = Limits(step_up=StepUp(above=100, hours=24, proof_minutes=15))


def test_a_large_redemption_asks_for_a_fresh_proof() -> None:
    large = act(REDEMPTION, "r1", 1, 101)
    assert rules(act(REDEMPTION, "r1", 1, 100), STEP_UP) == []
    assert rules(large, STEP_UP) == [("step-up", Outcome.STEP_UP)]
    assert rules(large, STEP_UP, proved_at=day(1 - 15 / 1440)) == []
    assert rules(large, STEP_UP, proved_at=day(1 - 16 / 1440)) == [("step-up", Outcome.STEP_UP)]
    assert rules(large, STEP_UP, proved_at=day(2)) == [("step-up", Outcome.STEP_UP)]


def test_a_proof_is_of_the_class_that_is_asked_for_or_by_several_factors_and_says_when() -> None:
    asked = StepUp(100)
    assert Proof(MULTI_FACTOR, at=day(0)).proved_at(asked, day(1)) == day(0)
    assert Proof("password", ("pwd", "mfa"), day(0)).proved_at(asked, day(1)) == day(0)
    for nothing in (Proof("password", ("pwd",), day(0)), Proof(MULTI_FACTOR), Proof()):
        assert nothing.proved_at(asked, day(1)) is None


def test_a_clock_that_is_half_a_minute_ahead_proves_it_and_one_further_ahead_does_not() -> None:
    for seconds, proved in ((30, day(0)), (31, None)):
        assert Proof(MULTI_FACTOR, at=day(seconds / 86400)).proved_at(StepUp(100), day(0)) == proved


def test_who_has_proved_it_passes_a_velocity_that_asks_for_a_proof() -> None:
    limits = Limits((Velocity(REDEMPTION, 24, 1, outcome=Outcome.STEP_UP),), step_up=StepUp(1000))
    past = act(REDEMPTION, "r1", 0.9)
    assert rules(act(REDEMPTION, "r2", 1), limits, past) == [("velocity-redemption", Outcome.STEP_UP)]
    assert rules(act(REDEMPTION, "r2", 1), limits, past, proved_at=day(1)) == []


def test_only_what_a_limit_looks_at_needs_to_be_remembered() -> None:
    seen = {
        "velocity": Limits((Velocity(TRANSFER, 24, 1),)),
        "loops": LOOPS,
        "transfers": TRANSFERS,
        "step_up": STEP_UP,
        "nothing": Limits(blocking=Blocking(1, 1)),
    }
    assert {name: {kind for kind in Kind if limits.looks_at(kind)} for name, limits in seen.items()} == {
        "velocity": {TRANSFER},
        "loops": {EARNING, RETURN, REDEMPTION},
        "transfers": {TRANSFER, RECEIPT},
        "step_up": {REDEMPTION},
        "nothing": set(),
    }


def test_many_small_redemptions_are_a_large_one() -> None:
    assert rules(act(REDEMPTION, "r2", 1, 60), STEP_UP, act(REDEMPTION, "r1", 0.5, 50)) == [
        ("step-up", Outcome.STEP_UP)
    ]


def test_the_suspicion_too_many_blocks() -> None:
    limits = structs.replace(THREE_A_DAY, blocking=Blocking(2, 48))
    once_more = act(EARNING, "o3", 0.3)
    assert rules(once_more, limits, *EARNINGS) == [("velocity-earning", Outcome.SUSPECT)]
    assert rules(once_more, limits, *EARNINGS, suspected_at=(day(-1),)) == [
        ("blocking", Outcome.BLOCK),
        ("velocity-earning", Outcome.SUSPECT),
    ]
    assert rules(act(EARNING, "o9", 0.3), limits, suspected_at=(day(-1),)) == []


def test_from_a_blocked_account_nothing_goes_out_and_something_still_comes_in() -> None:
    blocked = {"blocked": True}
    for kind in (REDEMPTION, TRANSFER):
        assert rules(act(kind, "x", 0), Limits(), **blocked) == [("blocked", Outcome.BLOCK)]
    assert rules(act(EARNING, "x", 0), Limits(), **blocked) == []


def test_only_what_is_allowed_or_suspected_takes_effect() -> None:
    takes = [judge(act(REDEMPTION, "r1", 1, 500), Past(), limits).takes_effect for limits in (Limits(), STEP_UP)]
    assert takes == [True, False]
    assert verdict([]).takes_effect


def referral(one: set[str], other: set[str], who: UUID = BERT) -> list[str]:
    return [item.says for item in self_referral(Party(ANNA, frozenset(one)), Party(who, frozenset(other)))]


def test_who_refers_themselves_or_who_pays_with_the_same_card_is_found_out_without_telling_the_card() -> None:
    assert referral({"card:12"}, {"card:34"}) == []
    assert referral(set(), set(), ANNA) == ["The member referred themselves."]
    assert referral({"card:1:2", "device:9", "address:1"}, {"card:1:2", "device:9"}) == [
        "Who referred and who was referred have the same card, device."
    ]


@pytest.mark.parametrize(
    ("limits", "place"),
    [
        (Limits((Velocity(EARNING, 0, 1),)), "/velocity/0/hours"),
        (Limits((Velocity(EARNING, 1, 1), Velocity(EARNING, 24))), "/velocity/1"),
        (Limits((Velocity(EARNING, 24, -1),)), "/velocity/0/most_acts"),
        (Limits((Velocity(EARNING, 24, most_points=-1),)), "/velocity/0/most_points"),
        (Limits((Velocity(EARNING, 24, 1, outcome=Outcome.ALLOW),)), "/velocity/0/outcome"),
        (Limits(return_loops=ReturnLoops(0, 1, 1)), "/return_loops/hours"),
        (Limits(return_loops=ReturnLoops(1, 0, 1)), "/return_loops/return_hours"),
        (Limits(return_loops=ReturnLoops(1, 1, -1)), "/return_loops/most"),
        (Limits(transfers=Transfers(-1)), "/transfers/least_member_hours"),
        (Limits(transfers=Transfers(1, -1)), "/transfers/passing_hours"),
        (Limits(transfers=Transfers(1, 1, Decimal("1.1"))), "/transfers/most_passed_on"),
        (Limits(step_up=StepUp(-1)), "/step_up/above"),
        (Limits(step_up=StepUp(1, -1)), "/step_up/hours"),
        (Limits(step_up=StepUp(1, 1, 0)), "/step_up/proof_minutes"),
        (Limits(blocking=Blocking(0, 1)), "/blocking/suspicions"),
        (Limits(blocking=Blocking(1, 0)), "/blocking/hours"),
        (Limits(blocking=Blocking(1, LONGEST_HOURS + 1)), "/blocking/hours"),
        (Limits((Velocity(EARNING, 24, 1, outcome=Outcome.REFUSE),)), "/velocity/0/outcome"),
        (Limits((Velocity(RETURN, 24, 1, outcome=Outcome.STEP_UP),), step_up=StepUp(1)), "/velocity/0/outcome"),
        (Limits((Velocity(RECEIPT, 24, 1, outcome=Outcome.REFUSE),)), "/velocity/0/outcome"),
        (Limits((Velocity(REDEMPTION, 24, 1, outcome=Outcome.STEP_UP),)), "/velocity/0/outcome"),
        (Limits((Velocity(EARNING, 24, 1), Velocity(EARNING, 24, most_points=9))), "/velocity/1"),
        (Limits(tuple(Velocity(EARNING, hours, 1) for hours in range(1, MOST_RULES + 2))), "/velocity"),
        (Limits(return_loops=ReturnLoops(1, 1, 1, Outcome.REFUSE)), "/return_loops/outcome"),
        (Limits(return_loops=ReturnLoops(1, 1, 1, Outcome.ALLOW)), "/return_loops/outcome"),
        (Limits(step_up=StepUp(1, 1, LONGEST_PROOF + 1)), "/step_up/proof_minutes"),
        (Limits(step_up=StepUp(1, acr_values=())), "/step_up/acr_values"),
        (Limits(step_up=StepUp(1, acr_values=("a", 'b" realm="'))), "/step_up/acr_values/1"),
        (Limits(self_referral=Outcome.STEP_UP), "/self_referral"),
        (Limits(withholding=Withholding(0)), "/withholding/hours"),
    ],
)
def test_limits_that_make_no_sense_are_told_with_their_place(limits: Limits, place: str) -> None:
    assert places(faults(limits)) == [place]


ALL = Limits(
    (Velocity(EARNING, 24, 2), Velocity(REDEMPTION, 48, most_points=50)),
    LOOPS.return_loops,
    TRANSFERS.transfers,
    STEP_UP.step_up,
    Blocking(2, 100),
)
ACTS = st.builds(
    act, st.sampled_from(Kind), st.sampled_from("abcd"), st.integers(0, 5), st.integers(1, 80), st.sampled_from("abcd")
)


def test_limits_in_order_have_no_faults() -> None:
    assert faults(ALL) == faults(Limits()) == []


@for_all(ACTS, st.lists(ACTS, max_size=12, unique_by=lambda item: (item.kind, item.act_id)), st.randoms())
def test_any_order_of_the_past_and_any_repeat_is_the_same(item: Act, past: list[Act], random: Random) -> None:
    shuffled = [*past, *past]
    random.shuffle(shuffled)
    assert judge(item, Past(tuple(past)), ALL) == judge(item, Past(tuple(shuffled)), ALL)


@for_all(ACTS, st.lists(ACTS, max_size=12))
def test_what_comes_after_an_act_says_nothing_about_it(item: Act, past: list[Act]) -> None:
    earlier = tuple(other for other in past if other.at <= item.at)
    assert judge(item, Past(tuple(past)), ALL) == judge(item, Past(earlier), ALL)
