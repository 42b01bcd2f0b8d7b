"""When points lapse: after a duration, on a day, by inactivity; who is exempt; and what a late activity gives back."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.loyalty.domain.ledger.booking import wakes
from services.loyalty.domain.ledger.commands import Book, Command, NoteActivity, ResumeExpiry, SuspendExpiry
from services.loyalty.domain.ledger.decider import ACCOUNT, happened
from services.loyalty.domain.ledger.events import ActivityNoted, Event, PointsExpired, PointsRestored
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.ledger.movements import EXPIRED, Fact, movements
from services.loyalty.domain.programme.terms import Terms, is_day_of_year, sentence
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, day, earn, history_of, spend, take_back

LOT = "shop:o1"
IDLE = Terms(inactive_months=1)
"""What is earned on 5 January lapses on 5 February (day 31), unless something happens before."""
LAPSES = Terms(valid_months=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("terms", "activates_at", "expires_at"),
    [
        (Terms(valid_days=30), "2026-01-31T10:00Z", "2026-03-02T10:00Z"),
        (Terms(valid_months=1, valid_days=1), "2026-01-31T10:00Z", "2026-03-01T10:00Z"),
        (Terms(to_month_end=True), "2026-02-01T00:00Z", "2026-03-01T00:00Z"),
        (Terms(to_month_end=True), "2026-02-28T23:59:59.999999Z", "2026-03-01T00:00Z"),
        (Terms(ends_on="12-31"), "2026-12-31T23:59:59.999999Z", "2027-01-01T00:00Z"),
        (Terms(inactive_months=1, grace_days=5), "2026-01-05T10:00Z", "2026-02-10T10:00Z"),
        (Terms(ends_on="12-31"), "2026-01-31T10:00Z", "2027-01-01T00:00Z"),
        (Terms(ends_on="12-31"), "2026-12-31T23:59Z", "2027-01-01T00:00Z"),
        (Terms(ends_on="12-31"), "2027-01-01T00:00Z", "2028-01-01T00:00Z"),
        # the third year's end: a programme whose miles lapse "at the end of the year after the next"
        (Terms(valid_months=24, ends_on="12-31"), "2026-03-05T10:00Z", "2029-01-01T00:00Z"),
        # 29 February clamps in a year that has none
        (Terms(ends_on="02-29"), "2026-01-31T10:00Z", "2026-03-01T00:00Z"),
        (Terms(ends_on="02-29"), "2028-01-31T10:00Z", "2028-03-01T00:00Z"),
        # the day is the zone's
        (Terms(ends_on="03-31", zone="Europe/Berlin"), "2026-03-31T21:59Z", "2026-03-31T22:00Z"),
        (Terms(ends_on="03-31", zone="Europe/Berlin"), "2026-03-31T22:00Z", "2027-03-31T22:00Z"),
        (Terms(valid_months=1, grace_days=14), "2026-01-31T10:00Z", "2026-03-14T10:00Z"),
        (Terms(inactive_months=1), "2026-01-31T10:00Z", "2026-02-28T10:00Z"),
        (Terms(valid_months=2, inactive_months=1), "2026-01-31T10:00Z", "2026-02-28T10:00Z"),
        (Terms(valid_months=1, inactive_months=6), "2026-01-31T10:00Z", "2026-02-28T10:00Z"),
    ],
)
def test_each_model_ends_at_its_moment(terms: Terms, activates_at: str, expires_at: str) -> None:
    assert terms.expires_at(utc(activates_at)) == utc(expires_at)


@pytest.mark.parametrize(
    ("text", "is_one"), [("02-31", True), ("12-31", True), ("13-01", False), ("1-1", False), ("", False)]
)
def test_a_day_of_the_year_is_written_as_month_and_day(text: str, is_one: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_day_of_year(text) is is_one


def test_the_models_are_told_in_words() -> None:
    terms = Terms(valid_months=24, ends_on="12-31", inactive_months=18, grace_days=30, zone="Europe/Berlin")
    assert sentence(terms) == (
        "active at once, valid for 24 months from then, to the end of 12-31, until 18 months without activity, "
        "and 30 days of grace (Europe/Berlin)"
    )
    assert sentence(Terms(14, awaits="delivery")) == "pending until delivery and 14 days, valid for ever"


# --- inactivity -------------------------------------------------------------


def test_points_lapse_when_nothing_happens() -> None:
    history = history_of(earn("o1", "30", terms=IDLE))
    given(ACCOUNT, *history).when(spend("s1", 1, 31)).then_rejected("balance-too-low")
    assert ACCOUNT.fold(history).balance(day(30.9)) == 30


@pytest.mark.parametrize(
    "activity",
    [earn("o2", "5", 30, terms=IDLE), earn("o2", "5", 30), spend("s1", 1, 30), NoteActivity(ANNA, day(30), day(30))],
)
def test_any_activity_renews_all_that_live(activity: Command) -> None:
    history = history_of(earn("o1", "30", terms=IDLE), activity)
    lot = ACCOUNT.fold(history).lots[LOT]
    assert lot.expires_at == IDLE.idle_at(day(30))
    assert wakes(ACCOUNT.fold(history)) == lot.expires_at


@pytest.mark.parametrize("late", [31, 60])
def test_an_activity_at_the_end_or_later_renews_nothing(late: int) -> None:
    history = history_of(earn("o1", "30", terms=IDLE), earn("o2", "5", late))
    assert ACCOUNT.fold(history).balance(day(late)) == 5


def test_what_the_staff_takes_back_is_no_activity() -> None:
    history = history_of(earn("o1", "30", terms=IDLE), spend("s1", 1), take_back("s1", 20))
    assert ACCOUNT.fold(history).lots[LOT].expires_at == day(31)


def test_an_activity_that_is_told_late_gives_back_what_was_booked_as_lapsed() -> None:
    history = history_of(earn("o1", "30", terms=IDLE), Book(day(35)))
    assert isinstance(history[-1], PointsExpired)
    noted, restored = ACCOUNT.decide(NoteActivity(ANNA, day(20), day(40)), ACCOUNT.fold(history))
    assert noted == ActivityNoted(ANNA, day(20))
    assert restored == PointsRestored(ANNA, LOT, 30, 30)
    assert sum(journal(restored).values()) == 0
    history += [noted, restored]
    assert ACCOUNT.fold(history).balance(day(40)) == 30
    (expired,) = ACCOUNT.decide(Book(day(90)), ACCOUNT.fold(history))
    assert isinstance(expired, PointsExpired)
    assert (expired.points, expired.expires_at) == (30, IDLE.idle_at(day(20)))


def test_a_moment_is_noted_once_and_only_where_points_live_by_activity() -> None:
    history = history_of(earn("o1", "30", terms=IDLE), NoteActivity(ANNA, day(20), day(20)))
    given(ACCOUNT, *history).when(NoteActivity(ANNA, day(20), day(21))).then_nothing()
    given(ACCOUNT, *history_of(earn("o1", "30"))).when(NoteActivity(ANNA, day(20), day(20))).then_nothing()


def test_an_activity_does_not_move_an_end_that_is_fixed() -> None:
    history = history_of(earn("o1", "30", terms=Terms(valid_months=2, inactive_months=1)))
    for at in (20, 40, 58):
        history += ACCOUNT.decide(NoteActivity(ANNA, day(at), day(at)), ACCOUNT.fold(history))
    assert ACCOUNT.fold(history).lots[LOT].expires_at == utc("2026-03-05T09:30Z")


@settings(max_examples=60, deadline=None)
@for_all(st.lists(st.integers(0, 200), min_size=1, max_size=8, unique=True), st.randoms(use_true_random=False))
def test_activities_in_any_order_end_with_the_same_lots(days: list[int], random: Random) -> None:
    commands: list[Command] = [NoteActivity(ANNA, day(at), day(300)) for at in days]
    first = earn("o1", "30", terms=IDLE)
    outcomes = set()
    for _ in range(3):
        account = ACCOUNT.fold(history_of(first, *commands))
        outcomes.add((account.lots[LOT].expires_at, account.balance(day(300))))
        random.shuffle(commands)
    assert len(outcomes) == 1


# --- exemption --------------------------------------------------------------


def suspend(since: float) -> SuspendExpiry:
    return SuspendExpiry(ANNA, day(since), "gold", day(since))


def test_nothing_of_an_exempt_member_lapses_until_the_exemption_ends() -> None:
    history = history_of(earn("o1", "30", terms=LAPSES), suspend(20))
    assert ACCOUNT.fold(history).balance(day(400)) == 30
    assert wakes(ACCOUNT.fold(history)) is None
    history += ACCOUNT.decide(ResumeExpiry(ANNA, day(100), day(100)), ACCOUNT.fold(history))
    account = ACCOUNT.fold(history)
    assert [account.balance(day(at)) for at in (99, 100)] == [30, 0]
    (expired,) = ACCOUNT.decide(Book(day(120)), account)
    assert isinstance(expired, PointsExpired)
    assert expired.expires_at == day(100)


def test_an_exemption_comes_too_late_for_what_lapsed_before() -> None:
    history = history_of(earn("o1", "30", terms=LAPSES), suspend(40))
    assert ACCOUNT.fold(history).balance(day(50)) == 0


def test_a_back_dated_exemption_gives_back_what_had_lapsed() -> None:
    history: list[Event] = history_of(earn("o1", "30", terms=LAPSES), Book(day(35)))
    *_, restored = ACCOUNT.decide(SuspendExpiry(ANNA, day(20), "gold", day(40)), ACCOUNT.fold(history))
    assert restored == PointsRestored(ANNA, LOT, 30, 30)


def test_exemptions_begin_and_end_once_and_in_order() -> None:
    history = history_of(earn("o1", "30", terms=LAPSES), suspend(20))
    given(ACCOUNT, *history).when(suspend(25)).then_nothing()
    given(ACCOUNT, *history).when(ResumeExpiry(ANNA, day(10), day(30))).then_rejected("exemption-ends-early")
    history += ACCOUNT.decide(ResumeExpiry(ANNA, day(50), day(50)), ACCOUNT.fold(history))
    given(ACCOUNT, *history).when(ResumeExpiry(ANNA, day(60), day(60))).then_nothing()
    given(ACCOUNT, *history).when(suspend(49)).then_rejected("exemption-overlaps")


def resume(until: float) -> ResumeExpiry:
    return ResumeExpiry(ANNA, day(until), day(until))


def test_what_an_exemption_keeps_alive_is_renewed_by_an_activity() -> None:
    history = history_of(earn("o1", "30", terms=IDLE), suspend(20), NoteActivity(ANNA, day(60), day(60)), resume(70))
    assert ACCOUNT.fold(history).lots[LOT].expires_at == IDLE.idle_at(day(60))


def test_an_exemption_counts_from_its_own_time_whenever_it_is_told() -> None:
    suspended = ACCOUNT.decide(SuspendExpiry(ANNA, day(20), "gold", day(40)), ACCOUNT.initial)[0]
    assert happened(suspended) == day(20)


def test_what_lapses_with_the_end_of_an_exemption_is_a_movement_of_that_moment() -> None:
    history = history_of(earn("o1", "30", terms=LAPSES), suspend(20), resume(50))
    facts = [
        Fact(f"e@{place}", str(ANNA), "x", happened(event) or day(0), day(50), event)
        for place, event in enumerate(history)
    ]
    *_, last = movements(facts, day(60))
    assert (last.at, last.type, last.points, last.balance) == (day(50), EXPIRED, -30, 0)
