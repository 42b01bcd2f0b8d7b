"""Who enrols may choose a programme, as long as they have nothing that another one gave them."""

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.commands import Enrol
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event, MemberEnrolled, ProgrammeChosen
from services.loyalty.domain.rules.fact import Fact
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, ENROLLED, day, earn, history_of, refund
from tests.loyalty.test_adjustments import PROPOSED
from tests.loyalty.test_judged_accounts import FIRST, history, judge

CHOSEN = ProgrammeChosen(ANNA, "airline")


def enrol(programme: str = "", usual: str = "") -> Enrol:
    return Enrol(ANNA, day(3), programme, usual)


def test_who_enrols_collects_from_then_on_in_the_programme_that_they_name() -> None:
    given(ACCOUNT).when(enrol("airline", "shop")).then(MemberEnrolled(ANNA, day(3), "airline"))
    account = ACCOUNT.fold([MemberEnrolled(ANNA, day(3), "airline")])
    assert (account.enrolled, account.customer_id, account.enrolled_at, account.programme) == (
        True,
        ANNA,
        day(3),
        "airline",
    )


def test_who_chose_nothing_may_choose_later_and_once() -> None:
    given(ACCOUNT, ENROLLED).when(enrol("airline", "shop")).then(CHOSEN)
    assert ACCOUNT.fold([ENROLLED, CHOSEN]).programme == "airline"
    given(ACCOUNT, ENROLLED, CHOSEN).when(enrol("airline", "shop")).then_nothing()
    given(ACCOUNT, ENROLLED, CHOSEN).when(enrol("", "shop")).then_nothing()
    refused = given(ACCOUNT, ENROLLED, CHOSEN).when(enrol("shop", "shop"))
    refused.then_rejected("programme-differs")
    assert refused.rejection is not None
    assert refused.rejection.detail == "The member belongs to airline, and may hold points of it by now."


@pytest.mark.parametrize(("programme", "usual"), [("", ""), ("", "shop"), ("shop", "shop")])
def test_naming_the_programme_that_one_belongs_to_or_none_changes_nothing(programme: str, usual: str) -> None:
    given(ACCOUNT, ENROLLED).when(enrol(programme, usual)).then_nothing()


MOVED: list[list[Event]] = [
    history_of(earn("o1", "30")),
    history_of(earn("o1", "0.50")),
    [ENROLLED, *history_of(refund("r1", "o1", "30"))],
    [ENROLLED, PROPOSED],
]


@pytest.mark.parametrize("moved", MOVED)
@pytest.mark.parametrize(("usual", "named"), [("shop", "shop"), ("", "the built-in one")])
def test_who_has_earned_or_was_asked_about_stays_where_they_are(moved: list[Event], usual: str, named: str) -> None:
    refused = given(ACCOUNT, *moved).when(enrol("airline", usual))
    refused.then_rejected("programme-differs")
    assert refused.rejection is not None
    assert refused.rejection.detail == f"The member belongs to {named}, and may hold points of it by now."


def test_who_was_only_welcomed_is_told_that_one_chooses_with_the_enrolment() -> None:
    sign_up = Fact("sign-up", "loyalty", "welcome", day(1))
    welcomed = history(judge(sign_up, FIRST))
    refused = given(ACCOUNT, *welcomed).when(enrol("airline", "shop"))
    assert refused.rejection is not None
    assert refused.rejection.detail == (
        "The member belongs to shop since it gave them what it gives for signing up. "
        "A programme is chosen as a member is enrolled: name it in the request that enrols them."
    )
    bought = history(judge(sign_up, FIRST), judge(structs.replace(sign_up, trigger="purchase", event_id="o1"), FIRST))
    refused = given(ACCOUNT, *bought).when(enrol("airline", "shop"))
    assert refused.rejection is not None
    assert refused.rejection.detail == "The member belongs to shop, and may hold points of it by now."
