"""Deadlines: warned about once, breached once, at their own time; and what was missed stays missed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from services.tickets.domain.clocks import clocks, wakes
from services.tickets.domain.commands import Acknowledge, KeepPromise, LookAtClocks, MakePromise
from services.tickets.domain.events import (
    AcknowledgementBreached,
    AcknowledgementWarned,
    ComplaintAcknowledged,
    Event,
    PromiseBreached,
    PromiseKept,
    PromiseWarned,
)
from services.tickets.domain.levels import LEVELS
from services.tickets.domain.terms import Severity
from services.tickets.domain.ticketing import TICKET
from shared.testing.given import given
from tests.tickets.ticket_facts import BEGUN, DAY, HOUR, IDS, OPEN, REOPEN, RESOLVE, T0

V2 = LEVELS[2]
OPENED_NOW: tuple[Event, ...] = tuple(TICKET.decide(structs.replace(OPEN, levels=V2), None))
WARNED = AcknowledgementWarned(*IDS, T0 + DAY, T0 + 18 * HOUR, 2)
BREACHED = AcknowledgementBreached(*IDS, T0 + DAY, 2)
TOLD = ComplaintAcknowledged(*IDS, T0 + HOUR)
ANSWER_WARNED = PromiseWarned(*IDS, "answer", T0 + 7 * DAY, T0 + 5.25 * DAY, 2)
ANSWER_BREACHED = PromiseBreached(*IDS, "answer", T0 + 7 * DAY)
TICK = timedelta(microseconds=1)


def next_moment(*history: Event) -> datetime | None:
    return wakes(TICKET.fold(history))


def test_a_new_ticket_wakes_when_three_quarters_of_the_time_to_acknowledge_are_over() -> None:
    assert next_moment(*OPENED_NOW) == T0 + 18 * HOUR
    given(TICKET, *OPENED_NOW).when(LookAtClocks(T0 + 18 * HOUR)).then(WARNED)


@pytest.mark.parametrize("now", [T0, T0 + 18 * HOUR - TICK])
def test_nothing_is_said_before_its_time(now: datetime) -> None:
    given(TICKET, *OPENED_NOW).when(LookAtClocks(now)).then_nothing()


def test_what_was_warned_about_is_breached_at_its_deadline_and_not_before() -> None:
    assert next_moment(*OPENED_NOW, WARNED) == T0 + DAY
    given(TICKET, *OPENED_NOW, WARNED).when(LookAtClocks(T0 + DAY - TICK)).then_nothing()
    given(TICKET, *OPENED_NOW, WARNED).when(LookAtClocks(T0 + DAY)).then(BREACHED)


def test_a_late_look_records_the_breach_alone() -> None:
    given(TICKET, *OPENED_NOW).when(LookAtClocks(T0 + 2 * DAY)).then(BREACHED)
    given(TICKET, *OPENED_NOW).when(LookAtClocks(T0 + 300 * DAY)).then(BREACHED, ANSWER_BREACHED)


def test_a_late_look_warns_about_what_can_still_be_kept() -> None:
    given(TICKET, *OPENED_NOW).when(LookAtClocks(T0 + 6 * DAY)).then(BREACHED, ANSWER_WARNED)


def test_each_deadline_is_breached_once() -> None:
    history = (*OPENED_NOW, BREACHED, ANSWER_BREACHED)
    given(TICKET, *history).when(LookAtClocks(T0 + 400 * DAY)).then_nothing()
    assert next_moment(*history) is None


def test_an_acknowledged_complaint_wakes_for_its_answer() -> None:
    assert next_moment(*OPENED_NOW, TOLD) == T0 + 5.25 * DAY
    given(TICKET, *OPENED_NOW, TOLD).when(LookAtClocks(T0 + 2 * DAY)).then_nothing()


def test_a_resolved_complaint_wakes_no_more_until_it_is_reopened() -> None:
    resolved = (*OPENED_NOW, TOLD, *TICKET.decide(RESOLVE, TICKET.fold((*OPENED_NOW, TOLD))))
    assert next_moment(*resolved) is None
    reopened = (*resolved, *TICKET.decide(structs.replace(REOPEN, levels=V2), TICKET.fold(resolved)))
    assert next_moment(*reopened) == REOPEN.now + 5.25 * DAY


def test_a_promise_is_warned_about_and_broken_also_after_the_answer() -> None:
    answered = (*OPENED_NOW, TOLD, *TICKET.decide(RESOLVE, TICKET.fold((*OPENED_NOW, TOLD))))
    refund = MakePromise("refund", "The money is with you.", T0 + 8 * DAY, now=T0 + 4 * DAY, levels=V2)
    promised = (*answered, *TICKET.decide(refund, TICKET.fold(answered)))
    assert next_moment(*promised) == T0 + 7 * DAY
    given(TICKET, *promised).when(LookAtClocks(T0 + 8 * DAY)).then(PromiseBreached(*IDS, "refund", T0 + 8 * DAY))


def test_a_promise_that_is_kept_after_its_breach_stays_broken() -> None:
    call = MakePromise("call", "We call.", T0 + 2 * DAY, now=T0, levels=V2)
    promised = (*OPENED_NOW, TOLD, *TICKET.decide(call, TICKET.fold((*OPENED_NOW, TOLD))))
    broken = PromiseBreached(*IDS, "call", T0 + 2 * DAY)
    kept = PromiseKept(*IDS, "call", T0 + 3 * DAY)
    given(TICKET, *promised, broken).when(KeepPromise("call", T0 + 3 * DAY)).then(kept)
    ticket = TICKET.fold((*promised, broken, kept))
    assert ticket
    assert (ticket.promises["call"].breached, ticket.promises["call"].kept_at) == (True, T0 + 3 * DAY)


@pytest.mark.parametrize("late", [timedelta(), HOUR])
def test_what_comes_too_late_is_recorded_as_breached_also_where_no_timer_ran(late: timedelta) -> None:
    told = ComplaintAcknowledged(*IDS, T0 + DAY + late)
    given(TICKET, *OPENED_NOW).when(Acknowledge(T0 + DAY + late)).then(BREACHED, told)


def test_a_command_that_changes_nothing_records_nothing_else() -> None:
    given(TICKET, *OPENED_NOW, TOLD).when(Acknowledge(T0 + 300 * DAY)).then_nothing()


def test_tickets_of_the_first_levels_are_breached_and_never_warned_about() -> None:
    assert next_moment(*BEGUN) == T0 + DAY
    given(TICKET, *BEGUN).when(LookAtClocks(T0 + 23 * HOUR)).then_nothing()


@pytest.mark.parametrize("severity", Severity)
def test_the_second_levels_keep_the_targets_and_warn_after_three_quarters(severity: Severity) -> None:
    opened = TICKET.decide(structs.replace(OPEN, severity=severity, levels=V2), None)
    assert LEVELS[1].targets == V2.targets
    for clock in clocks(_ticket(opened)):
        assert clock.since
        assert clock.warns_at
        assert clock.warns_at - clock.since == 0.75 * (clock.due_at - clock.since)


def test_the_events_of_a_clock_happened_at_its_own_moments() -> None:
    assert TICKET.happened
    happened = [TICKET.happened(event) for event in (WARNED, BREACHED, ANSWER_WARNED, ANSWER_BREACHED, TOLD)]
    assert happened == [T0 + 18 * HOUR, T0 + DAY, T0 + 5.25 * DAY, T0 + 7 * DAY, None]


def test_levels_that_this_program_does_not_know_warn_of_nothing() -> None:
    opened = [structs.replace(event, levels_version=99) for event in OPENED_NOW]
    assert next_moment(*opened) == T0 + DAY


def _ticket(history: Any) -> Any:
    return TICKET.fold(history)
