"""What rules see of a member's profile when a fact happened: what they ask for alone, and as it was known by then."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.earning.judging import Earnings, by_orders
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.profile.commands import (
    Celebrate,
    Forget,
    NoteBirthday,
    NoteConsent,
    NoteEnrolment,
    NoteSegment,
)
from services.loyalty.domain.profile.days import LAST_YEAR, Occasion, is_near, next_occasion
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.domain.profile.events import (
    BirthdayNoted,
    ConsentNoted,
    DayCame,
    EnrolmentNoted,
    Event,
    ProfileForgotten,
    SegmentNoted,
)
from services.loyalty.domain.profile.known import knowing
from services.loyalty.domain.profile.profile import Profile
from services.loyalty.domain.rules.amounts import Fixed
from services.loyalty.domain.rules.conditions import Condition, InSegment, NearBirthday, WithConsent
from services.loyalty.domain.rules.fact import Fact, Member
from services.loyalty.domain.rules.language import Add, RuleSet
from services.loyalty.domain.rules.trace import Trace
from shared.privacy.personal import ERASED
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, BERT
from tests.loyalty.rule_sets import rule, rules
from tests.loyalty.what_if_facts import published

BERLIN = "Europe/Berlin"
GOLD, AGREES = InSegment(("value-gold",)), WithConsent(("marketing",))
NOTHING = Earnings()


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


NEW_YEAR = at(2026, 1, 1)
BORN = BirthdayNoted(ANNA, "05-17", NEW_YEAR, 1, BERLIN)
KNOWN: tuple[Event, ...] = (
    SegmentNoted(ANNA, "value", "value-gold", at(2026, 2, 1), 1),
    ConsentNoted(ANNA, "marketing", True, at(2026, 2, 1), 1),
    BORN,
)


def asking(*conditions: Condition) -> RuleSet:
    return rules(*(rule(f"r{number}", Add(Fixed(5)), when=what) for number, what in enumerate(conditions)))


def bought(moment: datetime) -> Fact:
    return Fact("purchase", "shop", "o1", moment, Decimal(10), "EUR")


def seen(
    made: RuleSet, moment: datetime, *told: Event, judged: Earnings = NOTHING, since: datetime = NEW_YEAR
) -> Member:
    """Return the member as rules of the shop, whose clock is Berlin's, see them at a moment."""
    book = Rulebook(published(made, since=(since,)))
    return knowing(PROFILE.fold(told or KNOWN), book, by_orders, judged)(bought(moment), ())


def test_rules_see_what_they_ask_for_and_nothing_else() -> None:
    may = at(2026, 5, 17)
    assert seen(asking(GOLD), may) == Member(segments=frozenset({"value-gold"}))
    assert seen(asking(AGREES), may) == Member(consents=frozenset({"marketing"}))
    assert seen(asking(NearBirthday()), may) == Member(near_birthday=(0,))
    assert seen(rules(rule("base", Add(Fixed(5)))), may) == Member()
    assert seen(asking(GOLD, AGREES, NearBirthday(3)), may) == Member(
        segments=frozenset({"value-gold"}), consents=frozenset({"marketing"}), near_birthday=(3,)
    )


def test_what_was_not_known_yet_or_before_any_version_counts_is_not_seen() -> None:
    everything = asking(GOLD, AGREES, NearBirthday(60))
    assert seen(everything, at(2026, 1, 31)) == Member()
    assert seen(everything, at(2026, 3, 1), since=at(2026, 4, 1)) == Member()


@pytest.mark.parametrize(
    ("moment", "near"),
    [
        (at(2026, 5, 16, 22), (0, 3)),  # midnight in Berlin
        (at(2026, 5, 16, 21), (3,)),
        (at(2026, 5, 13, 22), (3,)),
        (at(2026, 5, 13, 21), ()),
        (at(2026, 5, 20, 21), (3,)),
        (at(2026, 5, 20, 22), ()),
    ],
)
def test_a_birthday_is_near_by_the_days_of_the_programmes_clock(moment: datetime, near: tuple[int, ...]) -> None:
    assert seen(asking(NearBirthday(3), NearBirthday()), moment).near_birthday == near


@pytest.mark.parametrize(
    "history", [(BORN, ProfileForgotten(ANNA)), (structs.replace(BORN, birthday=ERASED),)], ids=["forgotten", "erased"]
)
def test_of_who_was_erased_it_stays_what_was_known_when_the_fact_was_judged(history: tuple[Event, ...]) -> None:
    near, moment = asking(NearBirthday(3)), at(2026, 5, 17)
    before = Judged(bought(moment), Member(near_birthday=(3,)), Trace(1))
    assert seen(near, moment, *history).near_birthday == ()
    assert seen(near, moment, *history, judged=NOTHING.having(before)).near_birthday == (3,)


def test_who_told_no_birthday_has_none_that_is_near() -> None:
    assert seen(asking(NearBirthday(60)), at(2026, 5, 17), KNOWN[0]) == Member()
    taken_back = BirthdayNoted(ANNA, None, at(2026, 5, 1), 2, BERLIN)
    assert seen(asking(NearBirthday(60)), at(2026, 5, 17), BORN, taken_back) == Member()


@pytest.mark.parametrize(
    ("birthday", "day", "days"),
    [
        ("01-02", date(2026, 12, 30), 3),
        ("12-30", date(2026, 1, 2), 3),
        ("05-17", date(2026, 5, 10), 7),
        ("05-10", date(2026, 5, 17), 7),
        ("05-17", date(2026, 5, 17), 0),
    ],
)
def test_a_birthday_is_as_near_as_its_days_over_the_new_year_too(birthday: str, day: date, days: int) -> None:
    assert is_near(birthday, day, days)
    assert not is_near(birthday, day, days - 1)


def test_what_was_told_of_one_moment_counts_in_its_order() -> None:
    moment = at(2026, 2, 1)
    one, two = (SegmentNoted(ANNA, "value", f"value-{name}", moment, place) for place, name in ((1, "a"), (2, "b")))
    for told in ((one, two), (two, one)):
        assert PROFILE.fold(told).segments_at(moment) == {"value-b"}


def test_a_profile_keeps_whose_it_is_and_by_which_clock_their_days_begin() -> None:
    profile = PROFILE.fold([BORN, EnrolmentNoted(ANNA, at(2020, 3, 1), at(2020, 3, 1), "UTC")])
    assert (profile.customer_id, profile.zone, profile.enrolled and profile.enrolled.zone) == (ANNA, BERLIN, "UTC")
    gone = PROFILE.fold([BORN, ProfileForgotten(ANNA)])
    assert (gone.customer_id, gone.forgotten, gone.birthdays) == (ANNA, True, ())


def days_of(*history: Event, until: int) -> list[str]:
    """Return the names of the days that come until the end of a year."""
    profile, found = PROFILE.fold(history), list[str]()
    while (day := next_occasion(profile)) is not None and day.at.year <= until:
        found.append(day.name)
        profile = PROFILE.evolve(profile, DayCame(ANNA, day.day, day.number, day.at))
    return found


def test_birthday_and_anniversary_of_one_moment_come_by_their_names() -> None:
    enrolled = EnrolmentNoted(ANNA, at(2020, 5, 17, 9), at(2020, 1, 1), BERLIN)
    assert days_of(BORN, enrolled, until=2026) == [
        *(f"anniversary-{number}" for number in range(1, 7)),
        "birthday-2026",
    ]


def test_a_birthday_that_was_told_with_its_first_moment_is_celebrated_and_a_moment_later_is_too_late() -> None:
    midnight = at(2026, 5, 16, 22)
    assert days_of(structs.replace(BORN, since=midnight), until=2026) == ["birthday-2026"]
    late = structs.replace(BORN, since=midnight.replace(microsecond=1))
    assert days_of(late, until=2027) == ["birthday-2027"]


def test_what_takes_its_place_with_the_days_first_moment_comes_before_it() -> None:
    midnight = at(2026, 5, 16, 22)
    for moment, days in ((midnight, []), (midnight.replace(microsecond=1), ["birthday-2026"])):
        assert days_of(BORN, BirthdayNoted(ANNA, None, moment, 2, BERLIN), until=2026) == days
        other = BirthdayNoted(ANNA, "12-01", moment, 2, BERLIN)
        assert days_of(BORN, other, until=2026) == ["birthday-2026"]


def test_nothing_is_celebrated_after_the_last_year() -> None:
    last = structs.replace(BORN, since=at(LAST_YEAR - 1, 1, 1))
    assert next_occasion(PROFILE.fold([last])) is not None
    assert next_occasion(PROFILE.fold([structs.replace(last, since=at(LAST_YEAR, 1, 1))])) is None
    member = EnrolmentNoted(ANNA, at(LAST_YEAR - 1, 3, 1), at(2020, 1, 1), "UTC")
    assert days_of(member, until=9000) == ["anniversary-1"]


def test_who_is_nobody_yet_has_no_days() -> None:
    assert next_occasion(Profile()) is None
    assert PROFILE.wakes
    assert PROFILE.wakes(Profile()) is None


def test_a_day_happened_when_it_began_and_all_else_when_it_was_told() -> None:
    assert PROFILE.happened
    came = DayCame(BERT, "birthday", 2026, at(2026, 5, 16, 22))
    assert [PROFILE.happened(event) for event in (came, BORN)] == [came.at, None]


def test_the_timer_asks_for_the_next_day() -> None:
    assert PROFILE.wake_looking
    profile = PROFILE.fold([BORN])
    command = PROFILE.wake_looking(profile, at(2026, 5, 17), lambda decider, _: decider.initial)
    day = Occasion("birthday", 2026, at(2026, 5, 16, 22))
    assert PROFILE.decide(command, profile) == (DayCame(ANNA, "birthday", 2026, day.at),)


def test_each_thing_that_is_told_is_noted_whole() -> None:
    since = at(2026, 3, 1)
    given(PROFILE).when(NoteSegment(ANNA, "value", "gold", since, 1)).then(
        SegmentNoted(ANNA, "value", "gold", since, 1)
    )
    given(PROFILE).when(NoteConsent(ANNA, "marketing", False, since, 2)).then(
        ConsentNoted(ANNA, "marketing", False, since, 2)
    )
    given(PROFILE).when(NoteBirthday(ANNA, "05-17", since, 3, BERLIN)).then(
        BirthdayNoted(ANNA, "05-17", since, 3, BERLIN)
    )
    given(PROFILE).when(NoteEnrolment(ANNA, since, NEW_YEAR, BERLIN)).then(
        EnrolmentNoted(ANNA, since, NEW_YEAR, BERLIN)
    )
    given(PROFILE, ProfileForgotten(ANNA)).when(Forget(ANNA)).then_nothing()


def test_where_no_day_is_left_or_nobody_is_known_nothing_is_celebrated() -> None:
    day = Occasion("birthday", 2026, at(2026, 5, 16, 22))
    given(PROFILE, BORN).when(Celebrate(None, at(2026, 6, 1))).then_nothing()
    given(PROFILE).when(Celebrate(day, at(2026, 6, 1))).then_nothing()


def test_a_birthday_that_is_told_after_it_was_taken_back_comes_again() -> None:
    nothing = BirthdayNoted(ANNA, None, NEW_YEAR, 1, BERLIN)
    assert days_of(nothing, structs.replace(BORN, since=at(2026, 2, 1), place=2), until=2026) == ["birthday-2026"]


def test_an_anniversary_is_of_the_day_by_the_programmes_clock_and_counts_from_its_first_moment() -> None:
    enrolled = EnrolmentNoted(ANNA, at(2020, 5, 16, 23), at(2021, 5, 16, 22), BERLIN)
    first = next_occasion(PROFILE.fold([enrolled]))
    assert first == Occasion("anniversary", 1, at(2021, 5, 16, 22))
    later = structs.replace(enrolled, counts_from=at(2021, 5, 16, 23))
    assert next_occasion(PROFILE.fold([later])) == Occasion("anniversary", 2, at(2022, 5, 16, 22))
