"""The activity class: purchases raise it, time alone lowers it, and neither depends on the order of telling."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.scoring.domain.activity import ACTIVITY, Acting, LetTimePass, NoticePurchase
from services.scoring.domain.activity_class import (
    LADDER,
    RANK,
    Activity,
    Spell,
    classify,
    course,
    ends,
    with_purchase,
)
from services.scoring.domain.events import ActivityChanged, ActivityEvent, PurchaseNoticed
from shared.testing.given import given

ANNA = UUID(int=9)
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
A, B, C, D, E = (
    Activity.HIGH_FREQUENCY,
    Activity.ACTIVE,
    Activity.REGULAR,
    Activity.INACTIVE,
    Activity.SILENT,
)


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def bought(day: float, now: float | None = None) -> NoticePurchase:
    return NoticePurchase(ANNA, at(day), at(day if now is None else now))


def history(*commands: NoticePurchase | LetTimePass) -> list[ActivityEvent]:
    events: list[ActivityEvent] = []
    for command in commands:
        events += ACTIVITY.decide(command, ACTIVITY.fold(events))
    return events


def changes(events: Sequence[ActivityEvent]) -> list[tuple[Activity | None, Activity]]:
    return [(event.before, event.after) for event in events if isinstance(event, ActivityChanged)]


def timed(events: list[ActivityEvent], until: datetime) -> list[ActivityEvent]:
    """Let every timer fire that is due by `until`, as the kernel would."""
    found = list(events)
    while (due := ACTIVITY.wakes(ACTIVITY.fold(found)) if ACTIVITY.wakes else None) is not None and due <= until:
        found += ACTIVITY.decide(LetTimePass(due), ACTIVITY.fold(found))
    return found


@pytest.mark.parametrize(
    ("days", "today", "expected"),
    [
        ((0, 1, 2, 3), 89, A),
        ((0, 1, 2, 3), 90, B),
        ((0, 1), 179, B),
        ((0, 1), 180, C),
        ((0,), 0, C),
        ((0,), 179, C),
        ((0,), 180, D),
        ((0,), 364, D),
        ((0,), 365, E),
        ((), 0, E),
    ],
)
def test_a_class_ends_on_the_day_that_its_threshold_names(
    days: tuple[int, ...], today: int, expected: Activity
) -> None:
    assert classify(days, today) is expected


def test_each_rung_outlasts_the_one_above_it() -> None:
    """Else a class could end into one that had ended before, or time could raise it."""
    assert all(above.days >= below.days and above.within <= below.within for above, below in pairwise(LADDER))


def test_the_first_purchase_makes_a_regular_customer() -> None:
    reason = "bought on 2026-01-01: regular, 1 purchase day within 180 days of 1 needed"
    counted = {"90": 1, "180": 1, "365": 1}
    fact = ActivityChanged(ANNA, None, C, at(0.5), at(180), counted, at(0.5), at(0.5), reason)
    given(ACTIVITY).when(bought(0.5)).then(fact)


def test_a_second_day_makes_them_active_and_a_fourth_soon_after_high_frequency() -> None:
    events = history(bought(0), bought(10), bought(20), bought(30))
    assert changes(events) == [(None, C), (C, B), (B, A)]
    assert events[2] == PurchaseNoticed(ANNA, at(20))


def test_a_purchase_day_is_noticed_once() -> None:
    given(ACTIVITY, *history(bought(0.5))).when(bought(0.5)).then_nothing()
    given(ACTIVITY, *history(bought(0.5))).when(bought(0.75)).then_nothing()


def test_an_earlier_purchase_of_a_known_day_is_noticed_too_because_time_travel_asks_for_the_hour() -> None:
    given(ACTIVITY, *history(bought(0.5))).when(bought(0.25)).then(PurchaseNoticed(ANNA, at(0.25)))


def test_the_class_falls_at_the_midnight_at_which_it_ends_and_says_why() -> None:
    before = history(bought(0.5), bought(10))
    given(ACTIVITY, *before).when(LetTimePass(at(180) - timedelta(microseconds=1))).then_nothing()
    reason = (
        "no longer active, as the last but 1 purchase day, 2026-01-01, is 180 days old:"
        " regular, 1 purchase day within 180 days of 1 needed"
    )
    fact = ActivityChanged(
        ANNA, B, C, at(180), at(190), {"90": 0, "180": 1, "365": 2}, at(180), None, reason
    )  # fmt: skip
    given(ACTIVITY, *before).when(LetTimePass(at(180))).then(fact)


def test_a_late_timer_leaves_one_class_at_a_time_each_at_its_own_moment() -> None:
    events = history(bought(0), LetTimePass(at(900)), LetTimePass(at(900)), LetTimePass(at(900)))
    assert [(event.before, event.after, event.since) for event in events if isinstance(event, ActivityChanged)] == [
        (None, C, at(0)),
        (C, D, at(180)),
        (D, E, at(365)),
    ]


def test_an_early_or_repeated_timer_changes_nothing() -> None:
    given(ACTIVITY).when(LetTimePass(at(0))).then_nothing()
    fallen = history(bought(0), LetTimePass(at(180)))
    given(ACTIVITY, *fallen).when(LetTimePass(at(180))).then_nothing()


def test_a_purchase_in_time_moves_the_timer() -> None:
    assert ACTIVITY.wakes is not None
    before, after = (ACTIVITY.fold(history(*commands)) for commands in ([bought(0)], [bought(0), bought(0, 1)]))
    assert ACTIVITY.wakes(before) == ACTIVITY.wakes(after) == at(180)
    assert ACTIVITY.wakes(ACTIVITY.fold(history(bought(0), bought(10), bought(50)))) == at(190)
    assert ACTIVITY.wakes(Acting()) is None


def test_a_fact_too_old_for_every_rung_leaves_neither_an_event_nor_a_timer() -> None:
    given(ACTIVITY).when(bought(0, 365)).then_nothing()
    given(ACTIVITY, *history(bought(500))).when(bought(0, 500)).then_nothing()
    assert changes(history(bought(0, 364))) == [(None, D)]


def test_a_fact_of_some_age_is_judged_as_of_now() -> None:
    """The class in between, which nobody could act upon any more, is not decided; the course still tells it."""
    (event,) = history(bought(0, 200))
    assert isinstance(event, ActivityChanged)
    assert (event.after, event.since, event.falls_at) == (D, at(180), at(365))
    assert event.reason == "bought on 2026-01-01: inactive, 1 purchase day within 365 days of 1 needed"


def test_a_purchase_never_lowers_a_class_whose_timer_is_late() -> None:
    """The fall keeps its own moment and reason: it is left to its timer."""
    events = history(bought(0), bought(10), bought(11, 200))
    assert events[-1] == PurchaseNoticed(ANNA, at(11))
    assert changes(timed(events, at(200))) == [(None, C), (C, B), (B, C), (C, D)]


def test_the_course_says_what_was_held_when_whenever_it_was_learned() -> None:
    moments = (at(0.5), at(10), at(300))
    assert course(moments, at(800)) == (
        Spell(C, at(0.5)),
        Spell(B, at(10)),
        Spell(C, at(180)),
        Spell(D, at(190)),
        Spell(C, at(300)),
        Spell(D, at(480)),
        Spell(E, at(665)),
    )


FACTS = st.lists(st.tuples(st.integers(0, 24 * 900), st.integers(0, 24 * 400)), max_size=25)
"""Hour of each purchase, and the hours after which it is told."""


def told(facts: Sequence[tuple[int, int]]) -> list[NoticePurchase]:
    """Return the commands in the order of telling."""
    commands = [bought(hour / 24, (hour + late) / 24) for hour, late in facts]
    return sorted(commands, key=lambda command: command.now)


@for_all(FACTS, st.randoms(use_true_random=False))
def test_the_order_of_telling_changes_nothing_in_the_end(facts: list[tuple[int, int]], chance: Random) -> None:
    commands = [bought(hour / 24, 950) for hour, _ in facts]
    shuffled = list(commands)
    chance.shuffle(shuffled)
    assert ACTIVITY.fold(history(*shuffled)) == ACTIVITY.fold(history(*commands))


@for_all(FACTS, st.integers(0, 3000))
def test_the_class_that_was_decided_is_the_pure_function_at_any_moment_once_timers_ran(
    facts: list[tuple[int, int]], day: int
) -> None:
    events: list[ActivityEvent] = []
    known: list[NoticePurchase] = []
    for command in told(facts):
        if command.now > at(day):
            break
        events = timed(events, command.now)
        events += ACTIVITY.decide(command, ACTIVITY.fold(events))
        known.append(command)
    decided = ACTIVITY.fold(timed(events, at(day)))
    days = sorted({command.purchased_at.toordinal() for command in known})
    assert (decided.activity or E) is classify(days, at(day).toordinal())
    assert set(decided.days) <= set(days)


@for_all(FACTS)
def test_a_purchase_day_in_order_makes_one_event(facts: list[tuple[int, int]]) -> None:
    events = history(*(bought(hour / 24) for hour, _ in sorted(facts)))
    assert len(events) == len({hour // 24 for hour, _ in facts})


@for_all(FACTS, st.integers(0, 3000))
def test_time_alone_only_lowers_and_one_more_day_only_raises(facts: list[tuple[int, int]], today: int) -> None:
    days = sorted({hour // 24 for hour, _ in facts if hour // 24 <= today})
    held = classify(days, today)
    assert RANK[classify(days, today + 1)] <= RANK[held]
    end = ends(held, days)
    assert (end is None) == (held is E)
    assert all(RANK[classify(days[:place] + days[place + 1 :], today)] <= RANK[held] for place in range(len(days)))


@for_all(FACTS, st.integers(0, 24 * 3000))
def test_the_course_agrees_with_the_class_at_every_moment(facts: list[tuple[int, int]], hour: int) -> None:
    moments: tuple[datetime, ...] = ()
    for bought_at, _ in facts:
        moments = with_purchase(moments, at(bought_at / 24))
    moment = at(hour / 24)
    seen = [item for item in moments if item <= moment]
    held = [spell for spell in course(moments, at(4000)) if spell.since <= moment]
    days = [item.toordinal() for item in seen]
    assert (held[-1].activity if held else None) == (classify(days, moment.toordinal()) if seen else None)
    assert all(a.activity is not b.activity and a.since < b.since for a, b in pairwise(held))
