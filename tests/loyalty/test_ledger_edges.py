"""The edges of the ledger: one point, nothing at all, the very moment, another currency, and a policy that waives."""

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.commands import (
    Activate,
    Adjust,
    Book,
    Capture,
    Close,
    Earn,
    Hold,
    NoteActivity,
    ResumeExpiry,
    Spend,
    SuspendExpiry,
)
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    AdjustmentProposed,
    Event,
    ExpiryResumed,
    ExpirySuspended,
    HoldCaptured,
    PendingActivated,
    PointsActivated,
    PointsAdjusted,
    PointsEarned,
    PointsExpired,
    PointsForfeited,
    PointsGiven,
    PointsReversed,
    PointsSpent,
    SpendReversed,
)
from services.loyalty.domain.ledger.folding import FEW, evolve_all
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.ledger.movements import Fact as Told
from services.loyalty.domain.ledger.movements import movements
from services.loyalty.domain.ledger.policies import AdjustmentPolicy, LapsePolicy, TransferPolicy
from services.loyalty.domain.ledger.withheld import Clear, Withhold
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.amounts import PerAmount
from services.loyalty.domain.rules.language import Base, Limit
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, day, earn, history_of, refund, spend, take_back
from tests.loyalty.rule_sets import rule, rules
from tests.loyalty.test_gifts import give, received
from tests.loyalty.test_judged_accounts import PLAIN, back, book, history, judge, order

MILES = Declared(("points", "miles"))
MONTH = Terms(valid_months=1)
IDLE = Terms(inactive_months=1)


def in_miles(command: Earn) -> Earn:
    return structs.replace(command, points_currency="miles", declared=MILES)


# --- one point, and nothing -----------------------------------------------------


@pytest.mark.parametrize("points", [1, -1])
def test_a_single_point_is_given_and_taken_by_hand(points: int) -> None:
    (event,) = ACCOUNT.decide(
        Adjust(ANNA, "a1", points, "x", "carl", day(1)), ACCOUNT.fold(history_of(earn("o1", "1")))
    )
    assert isinstance(event, PointsAdjusted)
    assert (event.lot_id is None, event.balance_after) == (points < 0, 1 + points)


def test_where_nobody_confirms_one_person_may_move_any_number() -> None:
    command = Adjust(ANNA, "a1", 10**9, "x", "carl", day(1), policy=AdjustmentPolicy(alone=None))
    (event,) = ACCOUNT.decide(command, ACCOUNT.fold(history_of(earn("o1", "1"))))
    assert isinstance(event, PointsAdjusted)


def test_as_many_as_a_programme_lets_are_given_and_no_more() -> None:
    earned = history_of(earn("o1", "30"))
    for points, policy in ((4, TransferPolicy(at_most=4)), (4, TransferPolicy(at_least=4))):
        (event,) = ACCOUNT.decide(structs.replace(give(points), policy=policy), ACCOUNT.fold(earned))
        assert isinstance(event, PointsGiven)
    part = structs.replace(give(3), whole=5, policy=TransferPolicy(at_most=4))
    given(ACCOUNT, *earned).when(part).then_rejected("transfer-out-of-bounds")


def test_of_a_hold_that_is_shared_a_part_may_be_captured_with_nothing() -> None:
    held = history_of(earn("o1", "30"), structs.replace(Hold(ANNA, "h1", 20, "x", day(0)), whole=55))
    (event,) = ACCOUNT.decide(Capture(ANNA, "h1", day(1), 0, 40), ACCOUNT.fold(held))
    assert isinstance(event, HoldCaptured)
    assert (event.points, event.allocations, event.released, event.whole) == (0, {}, {"shop:o1": 20}, 40)
    again = [*held, event]
    given(ACCOUNT, *again).when(Capture(ANNA, "h1", day(1), 0, 40)).then_nothing()
    given(ACCOUNT, *again).when(Capture(ANNA, "h1", day(1), 0, 41)).then_rejected("capture-differs")


def test_the_whole_balance_can_be_spent_and_lots_that_are_empty_give_nothing() -> None:
    history_ = history_of(earn("o1", "30"), spend("s1", 30), earn("o2", "5"))
    (event,) = ACCOUNT.decide(spend("s2", 5), ACCOUNT.fold(history_))
    assert isinstance(event, PointsSpent)
    assert (event.allocations, event.balance_after) == ({"shop:o2": 5}, 0)


# --- policies that waive ----------------------------------------------------------


def reversed_in(events: list[Event]) -> list[tuple[int, int]]:
    """Return (owed, waived) of each return."""
    return [(event.debt, event.waived) for event in events if isinstance(event, PointsReversed)]


def test_what_is_gone_of_a_judged_fact_is_owed_or_waived_by_the_programmes_policy() -> None:
    spent = history(judge(order("o1", "10"), PLAIN), Spend(ANNA, "s1", 20, "voucher", day(9)))
    for debt, sums in (("owe", (20, 0)), ("cap", (0, 20))):
        command = structs.replace(back("r1", "o1", "10", PLAIN), debt=debt)
        taken = reversed_in([*ACCOUNT.decide(command, ACCOUNT.fold(spent))])
        assert tuple(map(sum, zip(*taken, strict=True))) == sums


@pytest.mark.parametrize(("debt", "taken"), [("owe", [(40, 0)]), ("cap", [(0, 40)])])
def test_a_return_that_waited_is_settled_by_the_policy_that_its_order_is_told_with(
    debt: str, taken: list[tuple[int, int]]
) -> None:
    owing = history_of(earn("o1", "50"), spend("s1", 50), refund("r1", "o1", "40"), refund("r2", "o2", "50"))
    events = ACCOUNT.decide(structs.replace(earn("o2", "50"), debt=debt), ACCOUNT.fold(owing))
    assert reversed_in([*events]) == taken


def test_judging_again_takes_back_what_is_gone_by_the_policy_and_asks_for_what_others_used() -> None:
    shared = book(rules(rule("base", Base(PerAmount(1)), budgets=(Limit(100, "month"),))))
    richer = book(rules(rule("base", Base(PerAmount(9)), budgets=(Limit(100, "month"),))))
    poorer = book(rules(rule("base", Base(PerAmount(1), "miles"))))
    events = history(judge(order("o1", "40"), shared))
    again = JudgeAgain(ANNA, richer, day(9), day(0), budgets={"all:base:points:month:2026-01-01": 75})
    assert [
        event.points for event in ACCOUNT.decide(again, ACCOUNT.fold(events)) if isinstance(event, PointsEarned)
    ] == [25]
    spent = [*events, *ACCOUNT.decide(Spend(ANNA, "s1", 40, "voucher", day(9)), ACCOUNT.fold(events))]
    poorly = JudgeAgain(ANNA, poorer, day(9), day(0))
    for command, sums in ((poorly, [(40, 0)]), (structs.replace(poorly, debt="cap"), [(0, 40)])):
        assert reversed_in([*ACCOUNT.decide(command, ACCOUNT.fold(spent))]) == sums


def test_what_all_had_used_is_told_to_a_command_and_nothing_else_of_it_changes() -> None:
    judging = judge(order("o1", "40"), PLAIN)
    assert judging.with_budgets({"all:x": 1}) == structs.replace(judging, budgets={"all:x": 1})
    again = JudgeAgain(ANNA, PLAIN, day(9), day(0))
    assert again.with_budgets({"all:x": 1}) == structs.replace(again, budgets={"all:x": 1})


# --- moments, and what is no activity ------------------------------------------------


def test_what_time_brings_comes_before_what_is_done_at_its_moment() -> None:
    log = [
        Told(str(number), "anna", "x", day(at), day(at), event)
        for number, (at, event) in enumerate(
            [
                (0, history_of(earn("o1", "30", terms=Terms(14)))[1]),
                (14, PointsSpent(ANNA, "s1", 10, "voucher", {"shop:o1": 10}, 20)),
            ]
        )
    ]
    assert [(one.type, one.points, one.balance) for one in movements(log, day(20))] == [
        ("x", 0, 0),
        ("points-activated", 30, 30),
        ("x", -10, 20),
    ]


NO_ACTIVITIES: list[tuple[Event, ...]] = [
    tuple(history_of(earn("o2", "0.50", 20))[1:]),
    tuple(ACCOUNT.decide(Adjust(ANNA, "a1", 5, "x", "carl", day(20)), ACCOUNT.fold(history_of(earn("o1", "1"))))),
]


@pytest.mark.parametrize("events", NO_ACTIVITIES)
def test_an_order_without_a_point_and_what_people_give_by_hand_renew_nothing(events: tuple[Event, ...]) -> None:
    earned = history_of(earn("o1", "30", terms=IDLE))
    assert ACCOUNT.fold(earned).lots["shop:o1"].expires_at == day(31)
    assert ACCOUNT.fold([*earned, *events]).lots["shop:o1"].expires_at == day(31)
    renewed = [*earned, *history_of(earn("o2", "5", 20))[1:]]
    assert ACCOUNT.fold(renewed).lots["shop:o1"].expires_at == day(51)


def test_what_another_gave_renews_nothing() -> None:
    (given_,) = ACCOUNT.decide(give(5, 20), ACCOUNT.fold(history_of(earn("g1", "9", 20))))
    assert isinstance(given_, PointsGiven)
    earned = history_of(earn("o1", "30", terms=IDLE))
    receive = ACCOUNT.decide(structs.replace(received(given_), customer_id=ANNA), ACCOUNT.fold(earned))
    assert ACCOUNT.fold([*earned, *receive]).lots["shop:o1"].expires_at == day(31)


def test_an_account_that_is_settled_says_the_same_and_works_it_out_no_more() -> None:
    note = NoteActivity(ANNA, day(20), day(20))
    account = ACCOUNT.fold(history_of(earn("o1", "30", terms=IDLE), note))
    settled = account.settled()
    assert dict(settled.lots) == dict(account.lots)
    assert settled.kept["shop:o1"].expires_at == day(51)
    assert (settled.renews, settled.suspended, settled.customer_id) == (False, (), ANNA)
    plain = ACCOUNT.fold(history_of(earn("o1", "30")))
    assert plain.settled() is plain


def test_points_lapse_with_the_first_gap_in_activity_whatever_comes_after_it() -> None:
    account = ACCOUNT.fold(history_of(*(earn(f"o{on}", "5", on, terms=IDLE) for on in (0, 20, 120, 130))))
    ends = {name: lot.expires_at for name, lot in account.lots.items()}
    assert ends == {"shop:o0": day(51), "shop:o20": day(51), "shop:o120": day(161), "shop:o130": day(161)}


def test_an_exemption_may_end_as_it_begins_and_the_next_begin_as_it_ends() -> None:
    suspended = [*history_of(earn("o1", "30", terms=MONTH)), ExpirySuspended(ANNA, day(5), "ill")]
    given(ACCOUNT, *suspended).when(ResumeExpiry(ANNA, day(5), day(9))).then(ExpiryResumed(ANNA, day(5)))
    ended = [*suspended, ExpiryResumed(ANNA, day(5))]
    assert ACCOUNT.fold(ended).exemptions == ((day(5), day(5)),)
    given(ACCOUNT, *ended).when(SuspendExpiry(ANNA, day(5), "ill", day(9))).then(ExpirySuspended(ANNA, day(5), "ill"))


def test_a_single_point_that_waits_is_activated_in_its_own_currency() -> None:
    waits = history_of(in_miles(earn("o1", "30", terms=Terms(awaits="delivery"))))
    (event,) = ACCOUNT.decide(Activate(ANNA, "d1", "shop:o1", day(1), day(1), 1), ACCOUNT.fold(waits))
    assert isinstance(event, PendingActivated)
    assert (event.points, event.points_currency, event.balance_after) == (1, "miles", 1)


def test_what_is_cleared_keeps_its_terms_and_its_currency() -> None:
    withheld = history_of(in_miles(earn("o1", "30", terms=MONTH)), Withhold(ANNA, "shop:o1", day(1)))
    (event,) = ACCOUNT.decide(Clear(ANNA, "shop:o1", day(10)), ACCOUNT.fold(withheld))
    cleared = PendingActivated(
        ANNA, "review of shop:o1", "shop:o1", 30, day(10), day(10), 30, day(41), terms=MONTH, points_currency="miles"
    )
    assert event == cleared


def test_what_time_brings_is_booked_in_its_own_currency() -> None:
    account = ACCOUNT.fold(history_of(in_miles(earn("o1", "30", terms=Terms(14, valid_months=1)))))
    (activated,) = ACCOUNT.decide(Book(day(20)), account)
    assert activated == PointsActivated(ANNA, "shop:o1", 30, day(14), 30, "miles")
    (expired,) = ACCOUNT.decide(Book(day(50)), ACCOUNT.evolve(account, activated))
    assert expired == PointsExpired(ANNA, "shop:o1", 30, day(45), 0, "miles")


def test_an_order_in_another_currency_states_the_balance_of_that() -> None:
    history_ = history_of(earn("o1", "30"), in_miles(earn("m1", "7")), in_miles(earn("m2", "5")))
    assert [event.balance_after for event in history_ if isinstance(event, PointsEarned)] == [30, 7, 12]
    asks = Adjust(ANNA, "a1", 200, "x", "carl", day(1), MONTH, "miles", MILES, AdjustmentPolicy(alone=100))
    given(ACCOUNT, *history_).when(asks).then(AdjustmentProposed(ANNA, "a1", 200, "x", "carl", "miles"))


def test_of_a_spend_that_is_taken_back_what_lives_on_repays_what_the_rest_leaves_owed() -> None:
    """Of 50 points 20 go back to their lot and 30 live on; of 35 that are owed the lot repays 20, what lives on 15."""
    history_ = history_of(
        earn("o1", "30", terms=MONTH), earn("o2", "20"), earn("o3", "35"), spend("s1", 50), spend("s2", 35),
        refund("r1", "o3", "35"),
    )  # fmt: skip
    account = ACCOUNT.fold(history_)
    assert account.owed() == 35
    back = structs.replace(take_back("s1", 40), lapse=LapsePolicy("grace", 10))
    (event,) = ACCOUNT.decide(back, account)
    assert isinstance(event, SpendReversed)
    assert event.repaid == {"shop:o2": 20, "shop:o1 / s1": 15}
    assert (event.balance_after, ACCOUNT.evolve(account, event).owed()) == (15, 0)


def test_many_orders_at_once_leave_an_account_renewed_that_was() -> None:
    renewed = ACCOUNT.fold(history_of(earn("o1", "30", terms=IDLE)))
    more = history_of(*(earn(f"o{number}", "5", number) for number in range(2, 4 + FEW)))[1:]
    assert len(more) > FEW
    assert evolve_all(renewed, more).renews
    assert evolve_all(renewed, more).customer_id == ANNA


# --- the close, currency by currency ---------------------------------------------------


def test_with_the_close_each_currency_lapses_by_itself_and_what_had_lapsed_does_not_again() -> None:
    told = (earn("o1", "30"), in_miles(earn("m1", "7")), earn("old", "9", -60, now=0, terms=MONTH), earn("o2", "5"))
    owing = (*told, spend("s1", 4), in_miles(earn("m2", "3")))
    spent = structs.replace(spend("s2", 3), points_currency="miles", declared=MILES)
    history_ = history_of(*owing, spent, Close(ANNA, "x", "carl", day(2)))
    lost = [event for event in history_ if isinstance(event, PointsForfeited)]
    assert [(one.points_currency, one.points, one.allocations, one.waived) for one in lost] == [
        ("miles", 7, {"shop:m1": 4, "shop:m2": 3}, 0),
        ("points", 31, {"shop:o1": 26, "shop:o2": 5}, 0),
    ]
