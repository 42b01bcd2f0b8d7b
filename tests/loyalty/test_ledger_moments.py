"""What happens at a moment itself, what renews points and what does not, and what is told of several lots at once."""

from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.commands import (
    Activate,
    Adjust,
    Book,
    ConfirmAdjustment,
    Earn,
    Hold,
    NoteActivity,
    ResumeExpiry,
    SuspendExpiry,
)
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import (
    AdjustmentProposed,
    Event,
    ExpiryResumed,
    ExpirySuspended,
    PendingActivated,
    PointsActivated,
    PointsAdjusted,
    PointsEarned,
    PointsExpired,
    PointsGiven,
    PointsHeld,
    PointsReversed,
    PointsSpent,
    RefundRefused,
    SpendReversed,
)
from services.loyalty.domain.ledger.folding import FEW, evolve_all
from services.loyalty.domain.ledger.movements import Fact as Told
from services.loyalty.domain.ledger.movements import movements
from services.loyalty.domain.ledger.policies import AdjustmentPolicy, LapsePolicy
from services.loyalty.domain.ledger.withheld import Clear, Withhold
from services.loyalty.domain.programme.terms import Terms
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, day, earn, history_of, refund, spend, take_back
from tests.loyalty.test_gifts import give, received

MILES = Declared(("points", "miles"))
MONTH = Terms(valid_months=1)
IDLE = Terms(inactive_months=1)


def in_miles(command: Earn) -> Earn:
    return structs.replace(command, points_currency="miles", declared=MILES)


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
    proposed = AdjustmentProposed(ANNA, "a1", 200, "x", "carl", "miles")
    given(ACCOUNT, *history_).when(asks).then(proposed)
    confirms = ConfirmAdjustment(ANNA, "a1", "dora", day(2), {"miles": MONTH})
    (made,) = ACCOUNT.decide(confirms, ACCOUNT.fold([*history_, proposed]))
    assert isinstance(made, PointsAdjusted)
    assert (made.points_currency, made.balance_after, made.terms) == ("miles", 212, MONTH)
    holds = Hold(ANNA, "h1", 5, "x", day(1), None, None, "miles", MILES)
    given(ACCOUNT, *history_).when(holds).then(
        PointsHeld(ANNA, "h1", 5, "x", {"shop:m1": 5}, 7, points_currency="miles")
    )


def test_a_return_that_waited_and_does_not_fit_is_refused_with_what_was_left() -> None:
    waits = history_of(refund("r1", "o1", "60"), refund("r2", "o1", "10"))
    *_, refused, settled = ACCOUNT.decide(earn("o1", "50"), ACCOUNT.fold(waits))
    assert refused == RefundRefused(ANNA, "shop", "o1", "r1", Decimal(60), Decimal(50))
    assert isinstance(settled, PointsReversed)
    assert settled.net_after == Decimal(40)


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


def test_what_lives_on_of_several_lots_repays_no_more_than_is_owed() -> None:
    history_ = history_of(
        earn("o1", "30", terms=MONTH), earn("o2", "20", terms=MONTH), earn("o3", "35"), spend("s1", 50),
        spend("s2", 35), refund("r1", "o3", "35"),
    )  # fmt: skip
    back = structs.replace(take_back("s1", 40), lapse=LapsePolicy("grace", 10))
    (event,) = ACCOUNT.decide(back, ACCOUNT.fold(history_))
    assert isinstance(event, SpendReversed)
    assert (event.repaid, event.balance_after) == ({"shop:o1 / s1": 30, "shop:o2 / s1": 5}, 15)


def test_many_orders_at_once_leave_an_account_renewed_that_was() -> None:
    renewed = ACCOUNT.fold(history_of(earn("o1", "30", terms=IDLE)))
    more = history_of(*(earn(f"o{number}", "5", number) for number in range(2, 4 + FEW)))[1:]
    assert len(more) > FEW
    assert evolve_all(renewed, more).renews
    assert evolve_all(renewed, more).customer_id == ANNA
