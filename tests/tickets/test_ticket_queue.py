"""The queue: what each row shows, and that its table fits."""

from services.tickets.domain.terms import Status
from services.tickets.domain.ticket import Duty
from services.tickets.views.queue import QUEUE
from shared.views.rows import Rows
from tests.tickets.ticket_facts import (
    ACKNOWLEDGED,
    ANNA,
    BEGUN,
    CALL_PROMISED,
    CLOSED,
    DAY,
    ENDED,
    OPENED,
    REOPENED,
    SECOND_ANSWER,
    T0,
    TICKET_ID,
    recorded,
    row_after,
)


def test_a_new_complaint_waits_for_its_acknowledgement_first() -> None:
    row = row_after(BEGUN)
    assert row is not None
    assert (row.ticket_id, row.customer_id, row.status) == (TICKET_ID, ANNA, Status.RECEIVED)
    assert (row.next_due_at, row.next_due) == (T0 + DAY, Duty.ACKNOWLEDGEMENT)


def test_an_acknowledged_complaint_waits_for_its_earliest_promise() -> None:
    row = row_after((*BEGUN, ACKNOWLEDGED, CALL_PROMISED))
    assert row is not None
    assert (row.acknowledged, row.next_due_at, row.next_due) == (True, T0 + 2 * DAY, Duty.PROMISE)


def test_nothing_is_due_once_the_answer_is_given() -> None:
    row = row_after(ENDED)
    assert row is not None
    assert (row.status, row.next_due_at, row.next_due) == (Status.RESOLVED, None, None)


def test_a_resolved_complaint_stays_due_while_a_promise_is_open() -> None:
    row = row_after((*BEGUN, CALL_PROMISED, *ENDED[2:]))
    assert row is not None
    assert (row.status, row.next_due_at) == (Status.RESOLVED, T0 + 2 * DAY)


def test_a_reopened_complaint_is_due_again() -> None:
    row = row_after((*ENDED, REOPENED, SECOND_ANSWER))
    assert row is not None
    assert (row.status, row.reopenings, row.next_due_at) == (Status.REOPENED, 1, T0 + 16 * DAY)


def test_a_closed_complaint_is_kept_with_nothing_due() -> None:
    row = row_after((*ENDED, CLOSED))
    assert row is not None
    assert (row.status, row.next_due_at) == (Status.CLOSED, None)


def test_each_ticket_has_a_row_of_its_own() -> None:
    assert QUEUE.key(recorded(OPENED, 1)) == TICKET_ID


def test_the_row_fits_its_table() -> None:
    assert Rows(QUEUE).names[0] == "ticket_id"
