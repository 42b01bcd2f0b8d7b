"""The rules of a ticket. Each test is named after the rule it guards."""

from datetime import timedelta

import pytest
from msgspec import structs

from services.tickets.domain.commands import Acknowledge, Close, KeepPromise, MakePromise
from services.tickets.domain.events import ComplaintAcknowledged, PromiseBreached, PromiseKept, PromiseMade
from services.tickets.domain.terms import Decision, PromiseKind, Severity
from services.tickets.domain.ticketing import TICKET
from shared.testing.given import given
from tests.tickets.ticket_facts import (
    ACKNOWLEDGED,
    ANSWER_KEPT,
    ANSWER_PROMISED,
    BEGUN,
    CALL_BACK,
    CALL_KEPT,
    CALL_PROMISED,
    CALLED_BACK,
    CLOSED,
    DAY,
    ENDED,
    HOUR,
    IDS,
    OPEN,
    OPENED,
    REOPEN,
    REOPENED,
    RESOLVE,
    RESOLVED,
    SECOND_ANSWER,
    T0,
    V1,
)

# --- opening ---------------------------------------------------------------


def test_a_complaint_is_opened_with_an_acknowledgement_due_and_an_answer_promised() -> None:
    given(TICKET).when(OPEN).then(OPENED, ANSWER_PROMISED)


@pytest.mark.parametrize(
    ("severity", "acknowledge", "answer"),
    [
        (Severity.CRITICAL, timedelta(hours=1), timedelta(days=1)),
        (Severity.HIGH, timedelta(hours=4), timedelta(days=3)),
        (Severity.NORMAL, timedelta(days=1), timedelta(days=7)),
        (Severity.LOW, timedelta(days=2), timedelta(days=14)),
    ],
)
def test_the_severity_decides_how_soon_it_is_due(severity: Severity, acknowledge: timedelta, answer: timedelta) -> None:
    opened, promised = TICKET.decide(structs.replace(OPEN, severity=severity), None)
    assert (opened.acknowledge_by, promised.due_at) == (T0 + acknowledge, T0 + answer)  # type: ignore[union-attr] # the two that opening gives


def test_opening_the_same_complaint_again_is_quiet_also_at_another_moment() -> None:
    given(TICKET, *BEGUN).when(structs.replace(OPEN, received_at=T0 + HOUR)).then_nothing()


def test_another_complaint_under_the_same_id_is_refused() -> None:
    given(TICKET, *BEGUN).when(structs.replace(OPEN, summary="Something else.")).then_rejected("ticket-differs")


@pytest.mark.parametrize("command", [Acknowledge(T0), CALL_BACK, CALLED_BACK, RESOLVE, REOPEN, Close(T0)])
def test_nothing_can_be_done_to_a_ticket_that_is_not_there(command: object) -> None:
    given(TICKET).when(command).then_rejected("ticket-unknown")


# --- acknowledging ---------------------------------------------------------


def test_a_complaint_is_acknowledged() -> None:
    given(TICKET, *BEGUN).when(Acknowledge(T0 + HOUR)).then(ACKNOWLEDGED)


def test_acknowledging_twice_is_quiet() -> None:
    given(TICKET, *BEGUN, ACKNOWLEDGED).when(Acknowledge(T0 + DAY)).then_nothing()


def test_an_acknowledgement_after_the_answer_says_nothing() -> None:
    given(TICKET, *ENDED).when(Acknowledge(T0 + 4 * DAY)).then_rejected("ticket-resolved")


def test_a_reopened_complaint_can_still_be_acknowledged() -> None:
    history = (*ENDED, REOPENED, SECOND_ANSWER)
    given(TICKET, *history).when(Acknowledge(T0 + 9 * DAY)).then(ComplaintAcknowledged(*IDS, T0 + 9 * DAY))


# --- promising -------------------------------------------------------------


def test_a_promise_has_content_and_a_deadline() -> None:
    given(TICKET, *BEGUN).when(CALL_BACK).then(CALL_PROMISED)


def test_the_same_promise_again_is_quiet() -> None:
    given(TICKET, *BEGUN, CALL_PROMISED).when(structs.replace(CALL_BACK, now=T0 + 5 * DAY)).then_nothing()


def test_another_promise_under_the_same_id_is_refused() -> None:
    later = structs.replace(CALL_BACK, due_at=T0 + 5 * DAY)
    given(TICKET, *BEGUN, CALL_PROMISED).when(later).then_rejected("promise-differs")


def test_a_promise_for_the_past_is_refused() -> None:
    given(TICKET, *BEGUN).when(structs.replace(CALL_BACK, due_at=CALL_BACK.now)).then_rejected("promise-in-the-past")


@pytest.mark.parametrize("name", ["answer", "answer-2"])
def test_no_one_can_take_the_names_of_the_promised_answers(name: str) -> None:
    given(TICKET, *BEGUN).when(structs.replace(CALL_BACK, promise_id=name)).then_rejected("promise-id-reserved")


def test_something_can_be_promised_after_the_answer() -> None:
    refund = MakePromise("refund", "The money is with you.", T0 + 6 * DAY, now=T0 + 4 * DAY, levels=V1)
    made = PromiseMade(
        *IDS, "refund", PromiseKind.ACTION, "The money is with you.", T0 + 6 * DAY, T0 + 4 * DAY, levels_version=1
    )
    given(TICKET, *ENDED).when(refund).then(made)


def test_a_kept_promise_is_recorded_with_its_time() -> None:
    given(TICKET, *BEGUN, ACKNOWLEDGED, CALL_PROMISED).when(CALLED_BACK).then(CALL_KEPT)


def test_keeping_a_promise_twice_is_quiet() -> None:
    again = structs.replace(CALLED_BACK, now=T0 + 2 * DAY)
    given(TICKET, *BEGUN, CALL_PROMISED, CALL_KEPT).when(again).then_nothing()


def test_a_promise_that_nobody_made_cannot_be_kept() -> None:
    given(TICKET, *BEGUN).when(KeepPromise("flowers", T0)).then_rejected("promise-unknown")


def test_the_promised_answer_is_kept_by_resolving_alone() -> None:
    given(TICKET, *BEGUN).when(KeepPromise("answer", T0 + DAY)).then_rejected("answer-promised")


# --- resolving -------------------------------------------------------------


def test_resolving_keeps_the_promise_of_an_answer() -> None:
    given(TICKET, *BEGUN, ACKNOWLEDGED).when(RESOLVE).then(ANSWER_KEPT, RESOLVED)


def test_resolving_leaves_the_other_promises_to_be_kept() -> None:
    soon = structs.replace(RESOLVE, now=T0 + 36 * HOUR)
    kept, resolved = TICKET.decide(soon, TICKET.fold((*BEGUN, ACKNOWLEDGED, CALL_PROMISED)))
    assert isinstance(kept, PromiseKept)
    assert kept.promise_id == "answer"
    late = structs.replace(CALLED_BACK, now=T0 + 4 * DAY)
    given(TICKET, *BEGUN, ACKNOWLEDGED, CALL_PROMISED, kept, resolved).when(late).then(
        PromiseBreached(*IDS, "call-back", T0 + 2 * DAY), PromiseKept(*IDS, "call-back", T0 + 4 * DAY)
    )


def test_the_same_resolution_again_is_quiet() -> None:
    given(TICKET, *ENDED).when(structs.replace(RESOLVE, now=T0 + 4 * DAY)).then_nothing()


def test_another_resolution_needs_a_reopening() -> None:
    given(TICKET, *ENDED).when(structs.replace(RESOLVE, decision=Decision.PARTLY)).then_rejected("resolution-differs")


# --- reopening -------------------------------------------------------------


def test_a_reopened_complaint_gets_another_promise_of_an_answer() -> None:
    given(TICKET, *ENDED).when(REOPEN).then(REOPENED, SECOND_ANSWER)


def test_the_second_answer_keeps_the_second_promise() -> None:
    resolve = structs.replace(RESOLVE, now=T0 + 10 * DAY)
    again = structs.replace(RESOLVED, resolved_at=T0 + 10 * DAY, reopen_until=T0 + 24 * DAY)
    given(TICKET, *ENDED, REOPENED, SECOND_ANSWER).when(resolve).then(
        PromiseKept(*IDS, "answer-2", T0 + 10 * DAY), again
    )


def test_the_window_is_open_to_its_last_moment_and_closed_after_it() -> None:
    last = structs.replace(REOPEN, now=RESOLVED.reopen_until)
    assert len(TICKET.decide(last, TICKET.fold(ENDED))) == 2
    over = structs.replace(REOPEN, now=RESOLVED.reopen_until + timedelta(microseconds=1))
    given(TICKET, *ENDED).when(over).then_rejected("reopen-window-over")


def test_reopening_an_open_complaint_is_quiet() -> None:
    given(TICKET, *BEGUN).when(REOPEN).then_nothing()
    given(TICKET, *ENDED, REOPENED, SECOND_ANSWER).when(REOPEN).then_nothing()


# --- closing ---------------------------------------------------------------


def test_a_resolved_ticket_closes() -> None:
    given(TICKET, *ENDED).when(Close(T0 + 10 * DAY)).then(CLOSED)


def test_closing_twice_is_quiet() -> None:
    given(TICKET, *ENDED, CLOSED).when(Close(T0 + 11 * DAY)).then_nothing()


def test_an_unresolved_ticket_cannot_close() -> None:
    given(TICKET, *BEGUN, ACKNOWLEDGED).when(Close(T0 + DAY)).then_rejected("ticket-not-resolved")


def test_a_ticket_with_a_promise_to_keep_cannot_close() -> None:
    given(TICKET, *BEGUN, CALL_PROMISED, ANSWER_KEPT, RESOLVED).when(Close(T0 + 10 * DAY)).then_rejected(
        "promises-open"
    )


@pytest.mark.parametrize(
    "command", [Acknowledge(T0 + 11 * DAY), CALL_BACK, REOPEN, structs.replace(RESOLVE, decision=Decision.PARTLY)]
)
def test_closed_is_closed(command: object) -> None:
    given(TICKET, *ENDED, CLOSED).when(command).then_rejected("ticket-closed")


def test_what_was_done_before_closing_is_quiet_when_it_is_repeated() -> None:
    given(TICKET, *ENDED, CLOSED).when(RESOLVE).then_nothing()
