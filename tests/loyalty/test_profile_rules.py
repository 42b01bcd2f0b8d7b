"""What is known of a member at a moment, and when their days begin, whatever was told late, twice or taken back."""

from datetime import UTC, datetime
from random import Random
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.loyalty.domain.profile.commands import (
    Celebrate,
    Command,
    Forget,
    NoteBirthday,
    NoteConsent,
    NoteEnrolment,
    NoteSegment,
)
from services.loyalty.domain.profile.days import Occasion, is_near, next_occasion
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.domain.profile.events import BirthdayNoted, DayCame, EnrolmentNoted, Event, ProfileForgotten
from services.loyalty.domain.profile.profile import Profile
from shared.privacy.personal import ERASED
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, day

BERLIN = "Europe/Berlin"


def born(month_and_day: str | None, since: datetime, place: int = 1) -> NoteBirthday:
    return NoteBirthday(ANNA, month_and_day, since, place, BERLIN)


def noted(*commands: Command) -> Profile:
    events: list[Event] = []
    for command in commands:
        events += PROFILE.decide(command, PROFILE.fold(events))
    return PROFILE.fold(events)


def lived(profile: Profile, now: datetime) -> tuple[Profile, list[DayCame]]:
    """Let the timer do what it does until then."""
    came: list[DayCame] = []
    while (occasion := next_occasion(profile)) is not None and occasion.at <= now:
        (event,) = PROFILE.decide(Celebrate(occasion, now), profile)
        assert isinstance(event, DayCame)
        came.append(event)
        profile = PROFILE.evolve(profile, event)
    return profile, came


def at(year: int, month: int, day_: int, hour: int = 0) -> datetime:
    return datetime(year, month, day_, hour, tzinfo=UTC)


def test_what_counts_is_what_was_known_by_then() -> None:
    profile = noted(
        NoteSegment(ANNA, "value", "value-gold", day(5), 2),
        NoteSegment(ANNA, "value", "value-iron", day(1), 1),
        NoteSegment(ANNA, "activity", "activity-active", day(3), 7),
        NoteConsent(ANNA, "marketing", True, day(2), 1),
        NoteConsent(ANNA, "marketing", False, day(4), 2),
    )
    assert [sorted(profile.segments_at(day(n))) for n in (0, 1, 4, 5)] == [
        [],
        ["value-iron"],
        ["activity-active", "value-iron"],
        ["activity-active", "value-gold"],
    ]
    assert [sorted(profile.consents_at(day(n))) for n in (1, 2, 3.9, 4)] == [[], ["marketing"], ["marketing"], []]


def test_what_is_told_again_changes_nothing() -> None:
    told: list[Command] = [
        NoteSegment(ANNA, "value", "value-gold", day(5), 2),
        NoteConsent(ANNA, "marketing", True, day(2), 1),
        born("05-17", day(1)),
        NoteEnrolment(ANNA, day(0), day(0), BERLIN),
    ]
    history = [event for command in told for event in PROFILE.decide(command, PROFILE.initial)]
    for command in told:
        given(PROFILE, *history).when(command).then_nothing()


def test_a_birthday_begins_at_midnight_of_the_programmes_zone_once_a_year_from_when_it_was_told() -> None:
    profile = noted(born("05-17", at(2026, 5, 17, 8)))
    assert PROFILE.wakes is not None
    assert PROFILE.wakes(profile) == at(2027, 5, 16, 22)
    _, came = lived(profile, at(2029, 1, 1))
    assert [(event.number, event.at) for event in came] == [(2027, at(2027, 5, 16, 22)), (2028, at(2028, 5, 16, 22))]


def test_a_birthday_on_29_february_is_the_28th_in_other_years() -> None:
    _, came = lived(noted(born("02-29", at(2026, 1, 1))), at(2028, 12, 31))
    assert [event.at for event in came] == [at(2026, 2, 27, 23), at(2027, 2, 27, 23), at(2028, 2, 28, 23)]
    days = (at(2026, 2, 28).date(), at(2028, 2, 28).date(), at(2028, 2, 29).date())
    assert [is_near("02-29", one, 0) for one in days] == [True, False, True]
    assert is_near("12-30", at(2026, 1, 1).date(), 3)
    assert not is_near(None, at(2026, 1, 1).date(), 60)


def test_who_changes_a_birthday_has_one_in_that_year_and_who_takes_it_back_none() -> None:
    profile, came = lived(noted(born("02-10", at(2026, 1, 1))), at(2026, 3, 1))
    assert [event.number for event in came] == [2026]
    profile = PROFILE.evolve(profile, BirthdayNoted(ANNA, "09-10", at(2026, 3, 2), 2, BERLIN))
    profile, came = lived(profile, at(2027, 1, 1))
    assert came == []
    profile = PROFILE.evolve(profile, BirthdayNoted(ANNA, None, at(2027, 1, 2), 3, BERLIN))
    assert next_occasion(profile) is None


def test_anniversaries_count_from_the_enrolment_and_from_when_the_programme_began() -> None:
    profile = noted(NoteEnrolment(ANNA, at(2020, 2, 29, 12), at(2023, 1, 1), BERLIN))
    _, came = lived(profile, at(2024, 12, 31))
    assert [(event.day, event.number, event.at) for event in came] == [
        ("anniversary", 3, at(2023, 2, 27, 23)),
        ("anniversary", 4, at(2024, 2, 28, 23)),
    ]


def test_nothing_is_celebrated_early_twice_or_of_someone_who_was_erased() -> None:
    history = (BirthdayNoted(ANNA, "05-17", day(0), 1, BERLIN),)
    occasion = Occasion("birthday", 2026, at(2026, 5, 16, 22))
    given(PROFILE, *history).when(Celebrate(occasion, at(2026, 5, 16, 21))).then_nothing()
    came = DayCame(ANNA, "birthday", 2026, occasion.at)
    given(PROFILE, *history).when(Celebrate(occasion, at(2026, 5, 16, 22))).then(came)
    given(PROFILE, *history, came).when(Celebrate(occasion, at(2026, 5, 16, 23))).then_nothing()
    given(PROFILE, *history).when(Forget(ANNA)).then(ProfileForgotten(ANNA))
    enrolled = EnrolmentNoted(ANNA, day(0), day(0), BERLIN)
    assert next_occasion(PROFILE.fold([*history, enrolled, ProfileForgotten(ANNA)])) is None
    given(PROFILE, *history, ProfileForgotten(ANNA)).when(born("05-17", day(9), 2)).then_nothing()


@pytest.mark.parametrize("odd", [ERASED, "", "13-01", "00-10", "1-2", "05-17\n"])
def test_what_is_no_day_sets_no_timer(odd: str) -> None:
    assert next_occasion(noted(born(odd, day(0)))) is None


MOMENTS = st.integers(0, 60).map(day)
BIRTHDAYS = st.sampled_from(["01-07", "02-01", "02-29", None])


@settings(max_examples=100, deadline=None)
@for_all(st.lists(st.tuples(MOMENTS, BIRTHDAYS), max_size=5), st.randoms(use_true_random=False))
def test_whatever_the_order_in_which_it_was_told_the_profile_is_the_same(
    told: list[tuple[datetime, str | None]], random: Random
) -> None:
    commands: list[Command] = [born(what, since, place) for place, (since, what) in enumerate(told)]
    commands += [
        NoteConsent(UUID(int=1), "marketing", what is None, since, place) for place, (since, what) in enumerate(told)
    ]
    shuffled = [*commands, *commands[:2]]
    random.shuffle(shuffled)
    one, other = noted(*commands), noted(*shuffled)
    assert (one.birthdays, one.consents) == (other.birthdays, other.consents)
    assert lived(one, day(500))[1] == lived(other, day(500))[1]
