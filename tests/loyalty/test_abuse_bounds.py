"""Limits of abuse at their bounds: what is just allowed, what is just too much, and in which words a rule speaks up."""

from decimal import Decimal

import pytest

from services.loyalty.domain.abuse.acts import Act, Kind, before
from services.loyalty.domain.abuse.faults import LONGEST_HOURS, LONGEST_PROOF, MOST_CLASSES, MOST_RULES, faults
from services.loyalty.domain.abuse.judge import Past, judge
from services.loyalty.domain.abuse.limits import Blocking, Limits, ReturnLoops, StepUp, Transfers, Velocity, Withholding
from services.loyalty.domain.abuse.verdict import Finding, Outcome, verdict
from services.loyalty.domain.abuse.words import said
from tests.loyalty.loyalty_facts import day
from tests.loyalty.told_faults import places

EARNING, RETURN, REDEMPTION, TRANSFER, RECEIPT = Kind
FOREVER = day(-3650)
LOOPS = Limits(return_loops=ReturnLoops(hours=48, return_hours=24 * 14, most=0))
PASSING = Limits(transfers=Transfers(0, 24, Decimal("0.5")))
R1 = Act(REDEMPTION, "r1", day(0), 30)


def act(kind: Kind, name: str, on: float, points: int = 10, of: str = "") -> Act:
    return Act(kind, name, day(on), points, of)


def told(item: Act, limits: Limits, *past: Act, suspected_at: tuple[float, ...] = ()) -> list[str]:
    """Return what the rules say of an act."""
    known = Past(past, FOREVER, None, tuple(map(day, suspected_at)))
    return [finding.says for finding in judge(item, known, limits).findings]


@pytest.mark.parametrize(
    "limits",
    [
        Limits((Velocity(EARNING, 1, most_acts=0),)),
        Limits((Velocity(EARNING, LONGEST_HOURS, most_points=0),)),
        Limits((Velocity(REDEMPTION, 24, 1, outcome=Outcome.REFUSE),)),
        Limits((Velocity(EARNING, 24, 1, outcome=Outcome.BLOCK),)),
        Limits(tuple(Velocity(EARNING, hours, 1) for hours in range(1, MOST_RULES + 1))),
        Limits(return_loops=ReturnLoops(1, 1, 0)),
        Limits(return_loops=ReturnLoops(LONGEST_HOURS, LONGEST_HOURS, 1, Outcome.BLOCK)),
        Limits(transfers=Transfers(0, 0, Decimal(0))),
        Limits(transfers=Transfers(LONGEST_HOURS, LONGEST_HOURS, Decimal(1))),
        Limits(step_up=StepUp(0, 0, 1)),
        Limits(step_up=StepUp(1, LONGEST_HOURS, LONGEST_PROOF)),
        Limits(step_up=StepUp(1, acr_values=tuple(map(str, range(MOST_CLASSES))))),
        Limits(blocking=Blocking(1, 1)),
        Limits(withholding=Withholding(1)),
        Limits(withholding=Withholding(LONGEST_HOURS)),
    ],
)
def test_limits_may_be_as_narrow_and_as_wide_as_their_bounds(limits: Limits) -> None:
    assert faults(limits) == []


@pytest.mark.parametrize(
    ("limits", "place"),
    [
        (Limits(transfers=Transfers(1, 1, Decimal("-0.01"))), "/transfers/most_passed_on"),
        (Limits(transfers=Transfers(1, 1, Decimal("NaN"))), "/transfers/most_passed_on"),
        (Limits(transfers=Transfers(LONGEST_HOURS + 1)), "/transfers/least_member_hours"),
        (Limits(step_up=StepUp(1, acr_values=tuple(map(str, range(MOST_CLASSES + 1))))), "/step_up/acr_values"),
        (Limits(withholding=Withholding(LONGEST_HOURS + 1)), "/withholding/hours"),
    ],
)
def test_beyond_their_bounds_they_are_refused_by_their_place(limits: Limits, place: str) -> None:
    assert places(faults(limits)) == [place]


def test_a_bound_that_is_broken_is_told_with_its_numbers() -> None:
    limits = Limits(
        (Velocity(EARNING, 0, -1),), ReturnLoops(1, 1, -1), Transfers(-1), StepUp(-1, -1), Blocking(0, LONGEST_HOURS)
    )
    assert faults(limits) == [
        ("/velocity/0/hours", f"must lie between 1 and {LONGEST_HOURS}"),
        ("/velocity/0/most_acts", "must be at least 0"),
        ("/return_loops/most", "must be at least 0"),
        ("/transfers/least_member_hours", f"must lie between 0 and {LONGEST_HOURS}"),
        ("/step_up/above", "must be at least 0"),
        ("/step_up/hours", f"must lie between 0 and {LONGEST_HOURS}"),
        ("/blocking/suspicions", "must be at least 1"),
    ]


def test_each_rule_says_its_numbers() -> None:
    assert told(act(REDEMPTION, "r2", 0.5, 40), Limits((Velocity(REDEMPTION, 24, most_points=60),)), R1) == [
        "70 points by redemption within 24 hours: 60 are the most."
    ]
    assert told(act(RETURN, "b1", 2, of="o1"), LOOPS, act(EARNING, "o1", 0), act(REDEMPTION, "r1", 1)) == [
        "1 purchases within 48 hours were given back after points had been redeemed: 0 are the most."
    ]
    assert told(act(TRANSFER, "t1", 1, 51), PASSING, act(RECEIPT, "g1", 0.5, 100)) == [
        "100 points were received within 24 hours, and 51 are passed on: at most 0.5 of them may be."
    ]
    assert told(act(TRANSFER, "t1", 0), Limits(transfers=Transfers(24 * 4000))) == [
        "Members give points away 96000 hours after they enrolled at the earliest."
    ]
    assert told(act(REDEMPTION, "r2", 1, 71), Limits(step_up=StepUp(100, 24)), act(REDEMPTION, "r1", 0.5, 30)) == [
        "101 points are redeemed: above 100, the member proves again who they are."
    ]


def test_a_suspicion_blocks_where_enough_others_lie_within_the_hours_half_open() -> None:
    limits = Limits((Velocity(EARNING, 24, most_acts=0),), blocking=Blocking(3, 48))
    blocks = "3 suspicions within 48 hours: 3 block the account."
    item = act(EARNING, "o1", 10)
    assert told(item, limits, suspected_at=(8.1, 10))[:1] == [blocks]
    assert blocks not in told(item, limits, suspected_at=(8, 10))
    assert blocks not in told(item, limits, suspected_at=(8.1, 10.1))


@pytest.mark.parametrize(
    ("bought", "redeemed", "returned", "loops"),
    [
        (0, 0, 14, 1),  # with the purchase, and given back on the last day
        (0, 14, 14, 1),  # redeemed with the return
        (0, 5, 14.1, 0),  # given back too late
        (1, 0.9, 2, 0),  # redeemed before the purchase
        (1, 2.1, 2, 0),  # redeemed after the return
    ],
)
def test_a_loop_is_a_redemption_from_the_purchase_to_its_return_both_included(
    bought: float, redeemed: float, returned: float, loops: int
) -> None:
    past = (act(EARNING, "o1", bought), act(REDEMPTION, "r1", redeemed))
    assert len(told(act(RETURN, "b1", returned, of="o1"), LOOPS, *past)) == loops


def test_each_return_is_one_loop_however_often_was_redeemed_in_between() -> None:
    once = Limits(return_loops=ReturnLoops(48, 24 * 14, most=1))
    past = (act(EARNING, "o1", 0), act(REDEMPTION, "r1", 1), act(REDEMPTION, "r2", 1))
    assert told(act(RETURN, "b1", 2, of="o1"), once, *past) == []
    twice = (*past, act(EARNING, "o2", 0), act(RETURN, "b2", 1.5, of="o2"))
    assert told(act(RETURN, "b1", 2, of="o1"), once, *twice) == [
        "2 purchases within 48 hours were given back after points had been redeemed: 1 are the most."
    ]


def test_a_return_of_what_is_not_known_is_no_loop_and_hides_none() -> None:
    past = (act(EARNING, "o1", 0), act(REDEMPTION, "r1", 1), act(RETURN, "b0", 1.5, of="o9"))
    assert len(told(act(RETURN, "b1", 2, of="o1"), LOOPS, *past)) == 1
    assert told(act(RETURN, "b1", 2, of="o9"), LOOPS, *past[:2]) == []


def test_other_acts_are_told_in_the_order_of_time_each_once() -> None:
    acts = [act(EARNING, name, on) for name, on in (("b", 0.5), ("c", 0.1), ("a", 0.5), ("old", -0.5), ("next", 0.7))]
    item = act(EARNING, "d", 0.5)
    found = before([*acts, *acts, item, act(RETURN, "e", 0.4)], item, EARNING, 24)
    assert [one.act_id for one in found] == ["c", "a", "b"]


def test_the_severest_finding_is_told_first_then_by_rule_and_words() -> None:
    mild, severe = Outcome.SUSPECT, Outcome.REFUSE
    found = [Finding("b", mild, "x"), Finding("a", mild, "z"), Finding("c", severe, "x"), Finding("a", mild, "y")]
    assert verdict(found).findings == (found[2], found[3], found[1], found[0])
    assert verdict(found).outcome is severe


def test_the_account_that_is_blocked_says_so() -> None:
    found = judge(R1, Past(blocked=True), Limits()).findings
    assert found == (Finding("blocked", Outcome.BLOCK, "The account is blocked."),)


def test_limits_without_a_window_or_an_end_say_so() -> None:
    assert said(None) == {}
    assert said(Limits(step_up=StepUp(100, proof_minutes=5, acr_values=("phr",)))) == {
        "/step_up": "redemptions above 100 points need a proof by phr, not older than 5 minutes",
        "/self_referral": "when members refer themselves, it is refused",
        "/withholding": "points of a suspicious earning can't be spent until someone has looked",
    }


def test_what_was_received_is_passed_on_in_several_gifts_as_in_one() -> None:
    past = (act(RECEIPT, "g1", 0.5, 100), act(TRANSFER, "t1", 0.6, 30))
    assert told(act(TRANSFER, "t2", 0.7, 20), PASSING, *past) == []
    assert told(act(TRANSFER, "t2", 0.7, 21), PASSING, *past) == [
        "100 points were received within 24 hours, and 51 are passed on: at most 0.5 of them may be."
    ]
