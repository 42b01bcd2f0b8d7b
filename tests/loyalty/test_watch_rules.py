"""What is known of a member: decisions are kept once, suspicions are looked at, blocks are lifted."""

from uuid import UUID

import pytest
from msgspec import structs

from services.loyalty.domain.abuse.acts import Act, Kind
from services.loyalty.domain.abuse.events import ActJudged, Event, MemberBlocked, MemberUnblocked, SuspicionReviewed
from services.loyalty.domain.abuse.verdict import Finding, Outcome
from services.loyalty.domain.abuse.watch import WATCH, Block, NoteAct, Review, Unblock, past_of
from shared.errors import Rejected
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, day

FOUND = (Finding("velocity-earning", Outcome.SUSPECT, "4 acts of earning within 24 hours: 3 are the most."),)
PLAIN = ActJudged(ANNA, Kind.EARNING, "shop:o1", day(0), 30)
SUSPECTED = ActJudged(ANNA, Kind.EARNING, "shop:o2", day(1), 40, outcome=Outcome.SUSPECT, findings=FOUND)
REFUSED = ActJudged(
    *(ANNA, Kind.REDEMPTION, "r1", day(2), 50),
    outcome=Outcome.REFUSE,
    findings=(Finding("velocity-redemption", Outcome.REFUSE, "too many"),),
    effective=False,
)
REVIEW = Review(ANNA, Kind.EARNING, "shop:o2", True, "a wedding", "eva")
CLEARED = SuspicionReviewed(ANNA, Kind.EARNING, "shop:o2", True, "a wedding", "eva")
BLOCKED = MemberBlocked(ANNA, "stolen", "eva", froze=(ANNA,))


def test_an_act_that_took_effect_is_kept_once() -> None:
    for judged in (PLAIN, SUSPECTED):
        given(WATCH).when(NoteAct(judged)).then(judged)
        given(WATCH, judged).when(NoteAct(judged)).then_nothing()


def test_an_attempt_that_is_refused_again_for_the_same_is_told_once() -> None:
    given(WATCH).when(NoteAct(REFUSED)).then(REFUSED)
    again = structs.replace(REFUSED, at=day(3))
    given(WATCH, REFUSED).when(NoteAct(again)).then_nothing()
    for other in (structs.replace(again, act_id="r2"), structs.replace(again, outcome=Outcome.BLOCK)):
        given(WATCH, REFUSED).when(NoteAct(other)).then(other)


def test_what_was_refused_may_take_effect_later() -> None:
    proved = ActJudged(ANNA, Kind.REDEMPTION, "r1", day(3), 50)
    given(WATCH, REFUSED).when(NoteAct(proved)).then(proved)


def test_only_what_took_effect_counts_as_an_act_and_as_a_suspicion() -> None:
    watch = WATCH.fold([PLAIN, SUSPECTED, REFUSED])
    past = past_of([watch], day(-9), day(5))
    assert past.acts == (Act(Kind.EARNING, "shop:o1", day(0), 30), Act(Kind.EARNING, "shop:o2", day(1), 40))
    assert (past.suspected_at, past.enrolled_at, past.proved_at, past.blocked) == ((day(1),), day(-9), day(5), False)
    assert watch.decided == (SUSPECTED, REFUSED)


def test_a_suspicion_that_was_cleared_counts_no_more_and_one_that_was_confirmed_does() -> None:
    confirmed = structs.replace(CLEARED, cleared=False)
    assert [len(past_of([WATCH.fold([SUSPECTED, how])], None).suspected_at) for how in (CLEARED, confirmed)] == [0, 1]


def test_of_merged_members_all_is_known_and_one_block_is_enough() -> None:
    past = past_of([WATCH.fold([PLAIN]), WATCH.fold([SUSPECTED, BLOCKED])], None)
    assert (len(past.acts), len(past.suspected_at), past.blocked) == (2, 1, True)


def test_a_suspicion_is_reviewed_once() -> None:
    given(WATCH, SUSPECTED).when(REVIEW).then(CLEARED)
    given(WATCH, SUSPECTED, CLEARED).when(REVIEW).then_nothing()
    for other in (structs.replace(REVIEW, cleared=False), structs.replace(REVIEW, reason="another")):
        given(WATCH, SUSPECTED, CLEARED).when(other).then_rejected("review-differs")


def test_what_was_not_suspected_or_took_no_effect_can_not_be_reviewed() -> None:
    given(WATCH, PLAIN).when(structs.replace(REVIEW, act_id="shop:o1")).then_rejected("suspicion-unknown")
    refused = Review(ANNA, Kind.REDEMPTION, "r1", True, "x", "eva")
    given(WATCH, REFUSED).when(refused).then_rejected("suspicion-unknown")
    given(WATCH, SUSPECTED).when(structs.replace(REVIEW, kind=Kind.RETURN)).then_rejected("suspicion-unknown")


def test_a_block_is_set_and_lifted_once() -> None:
    block, unblock = Block(ANNA, "stolen", "eva", froze=(ANNA,)), Unblock(ANNA, "found", "eva")
    lifted = MemberUnblocked(ANNA, "found", "eva")
    given(WATCH).when(block).then(BLOCKED)
    given(WATCH, BLOCKED).when(Block(ANNA, "other", "uwe", froze=(UUID(int=7),))).then_nothing()
    given(WATCH, BLOCKED).when(unblock).then(lifted)
    given(WATCH, BLOCKED, lifted).when(unblock).then_nothing()
    given(WATCH, BLOCKED, lifted).when(block).then(BLOCKED)


def test_a_return_is_remembered_with_the_purchase_that_it_gives_back() -> None:
    watch = WATCH.fold([ActJudged(ANNA, Kind.RETURN, "b1", day(2), 30, "shop:o1")])
    assert past_of([watch], None).acts == (Act(Kind.RETURN, "b1", day(2), 30, "shop:o1"),)


def test_who_looked_first_is_named_and_what_they_decided() -> None:
    for cleared, said in ((True, "cleared"), (False, "confirmed")):
        known: list[Event] = [SUSPECTED, structs.replace(CLEARED, cleared=cleared)]
        with pytest.raises(Rejected) as refusal:
            WATCH.decide(structs.replace(REVIEW, reason="another"), WATCH.fold(known))
        assert refusal.value.detail == f"The suspicion was {said} already, by eva."


def test_each_suspicion_has_its_own_review_and_one_leaves_the_others() -> None:
    other = structs.replace(SUSPECTED, act_id="shop:o3", at=day(2))
    watch = WATCH.fold([SUSPECTED, other, CLEARED, structs.replace(CLEARED, act_id="shop:o3", cleared=False)])
    assert [item.act_id for item in watch.suspicions()] == ["shop:o3"]
    given(WATCH, SUSPECTED, other, CLEARED).when(structs.replace(REVIEW, act_id="shop:o3")).then(
        structs.replace(CLEARED, act_id="shop:o3")
    )


def test_a_block_by_a_rule_names_it_and_the_accounts_that_it_froze() -> None:
    block = Block(ANNA, "3 suspicions within 48 hours", "limits", "blocking", (ANNA,))
    blocked = MemberBlocked(ANNA, "3 suspicions within 48 hours", "limits", "blocking", (ANNA,))
    given(WATCH).when(block).then(blocked)
    assert WATCH.fold([SUSPECTED, blocked]).blocked == blocked
