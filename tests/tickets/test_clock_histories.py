"""What holds for the clocks of every ticket, whatever is done and however punctual the timers are."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given as for_all
from hypothesis import strategies as st
from msgspec import structs

from services.tickets.domain.clocks import clocks, wakes
from services.tickets.domain.commands import (
    Acknowledge,
    Close,
    Command,
    KeepPromise,
    LookAtClocks,
    MakePromise,
    Reopen,
    Resolve,
)
from services.tickets.domain.events import (
    AcknowledgementBreached,
    AcknowledgementWarned,
    Event,
    PromiseBreached,
    PromiseKept,
    PromiseMade,
    PromiseWarned,
)
from services.tickets.domain.levels import LEVELS
from services.tickets.domain.terms import Decision
from services.tickets.domain.ticketing import TICKET
from shared.errors import Rejected
from tests.tickets.ticket_facts import OPEN, REDRESS, T0, row_after

HOURS = st.integers(min_value=0, max_value=40 * 24)
LEVEL = st.sampled_from(sorted(LEVELS)).map(LEVELS.__getitem__)
NAMES = st.sampled_from(["call-back", "refund"])


def at(hours: int) -> datetime:
    return T0 + timedelta(hours=hours)


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[int, Command]]:
    """What is done hour by hour; the timer looks where `LookAtClocks` stands, and misses the rest."""
    done: list[tuple[int, Command]] = []
    for hour in sorted(draw(st.lists(HOURS, max_size=15))):
        now, levels = at(hour), draw(LEVEL)
        commands: list[Command] = [
            Acknowledge(now),
            MakePromise(draw(NAMES), "a call", at(draw(HOURS)), now, levels),
            KeepPromise(draw(NAMES), now),
            Resolve(Decision.UPHELD, REDRESS, "because", now, levels),
            Reopen("again", now, levels),
            Close(now),
            LookAtClocks(now),
        ]
        done.append((hour, draw(st.sampled_from(commands))))
    return done


LIVES = st.tuples(LEVEL, steps())


def lived(life: tuple[Any, Sequence[tuple[int, Command]]]) -> list[Event]:
    levels, commands = life
    history: list[Event] = list(TICKET.decide(structs.replace(OPEN, levels=levels), None))
    for _, command in commands:
        try:
            history += TICKET.decide(command, TICKET.fold(history))
        except Rejected:
            continue
    return history


def punctual(life: tuple[Any, Sequence[tuple[int, Command]]]) -> list[Event]:
    """The same life, with a timer that never is late."""
    levels, commands = life
    history: list[Event] = list(TICKET.decide(structs.replace(OPEN, levels=levels), None))
    for hour, command in commands:
        history += _looked(history, at(hour))
        try:
            history += TICKET.decide(command, TICKET.fold(history))
        except Rejected:
            continue
    return history


def _looked(history: Sequence[Event], until: datetime) -> list[Event]:
    found: list[Event] = []
    while (due_at := wakes(TICKET.fold((*history, *found)))) is not None and due_at <= until:
        found += TICKET.decide(LookAtClocks(due_at), TICKET.fold((*history, *found)))
    return found


def breaches(history: Sequence[Event]) -> Counter[tuple[str, str]]:
    return Counter(
        (type(event).__name__, getattr(event, "promise_id", ""))
        for event in history
        if isinstance(event, AcknowledgementBreached | PromiseBreached)
    )


@for_all(LIVES)
def test_no_deadline_is_breached_or_warned_about_twice_nor_warned_about_after_its_breach(life: Any) -> None:
    said: set[tuple[str, str]] = set()
    for event in lived(life):
        if not isinstance(event, AcknowledgementBreached | PromiseBreached | AcknowledgementWarned | PromiseWarned):
            continue
        name = type(event).__name__
        about = getattr(event, "promise_id", "")
        assert (name, about) not in said
        assert (name.replace("Warned", "Breached"), about) not in said
        said.add((name, about))


@for_all(LIVES)
def test_a_late_timer_finds_the_same_breaches_as_a_punctual_one(life: Any) -> None:
    end = LookAtClocks(at(1000))
    late, early = lived(life), punctual(life)
    late += TICKET.decide(end, TICKET.fold(late))
    early += _looked(early, end.now)
    assert breaches(late) == breaches(early)


@for_all(LIVES)
def test_a_promise_is_breached_exactly_where_it_was_not_kept_in_time(life: Any) -> None:
    history = lived(life)
    history += TICKET.decide(LookAtClocks(at(2000)), TICKET.fold(history))
    kept = {event.promise_id: event.kept_at for event in history if isinstance(event, PromiseKept)}
    broken = {event.promise_id for event in history if isinstance(event, PromiseBreached)}
    for made in history:
        if isinstance(made, PromiseMade):
            in_time = made.promise_id in kept and kept[made.promise_id] < made.due_at
            assert in_time != (made.promise_id in broken)


@for_all(LIVES)
def test_after_every_event_the_ticket_wakes_at_the_next_moment_of_its_running_clocks(life: Any) -> None:
    history = lived(life)
    for length in range(1, len(history) + 1):
        ticket = TICKET.fold(history[:length])
        assert ticket
        running = [clock for clock in clocks(ticket) if not clock.fulfilled_at and not clock.breached]
        moments = [clock.due_at for clock in running]
        moments += [clock.warns_at for clock in running if clock.warns_at and clock.warned_at is None]
        assert wakes(ticket) == min(moments, default=None)


@for_all(LIVES)
def test_a_look_brings_the_ticket_to_rest_until_later(life: Any) -> None:
    history = lived(life)
    now = at(500)
    history += TICKET.decide(LookAtClocks(now), TICKET.fold(history))
    due_at = wakes(TICKET.fold(history))
    assert due_at is None or due_at > now
    assert TICKET.decide(LookAtClocks(now), TICKET.fold(history)) in ((), [])


@for_all(LIVES)
def test_the_queue_counts_the_breaches_that_the_ticket_has(life: Any) -> None:
    history = lived(life)
    ticket, row = TICKET.fold(history), row_after(history)
    assert ticket
    assert row
    assert row.acknowledgement_breached == ticket.acknowledgement_breached
    assert row.promises_broken == sum(promise.breached for promise in ticket.promises.values())
    running = [clock for clock in clocks(ticket) if clock.fulfilled_at is None]
    first = min(running, key=lambda clock: (clock.due_at, clock.metric, clock.promise_id), default=None)
    assert row.next_warned == (first is not None and first.warned_at is not None)
