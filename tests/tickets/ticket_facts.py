"""One complaint's facts and commands, for the tests of tickets to start from."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.tickets.domain.commands import KeepPromise, MakePromise, OpenComplaint, Reopen, Resolve
from services.tickets.domain.events import (
    ComplaintAcknowledged,
    ComplaintClosed,
    ComplaintOpened,
    ComplaintReopened,
    ComplaintResolved,
    Event,
    PromiseKept,
    PromiseMade,
)
from services.tickets.domain.levels import LEVELS
from services.tickets.domain.terms import Apology, Decision, PromiseKind, Refund, Severity
from services.tickets.views.queue import QueueRow, project
from shared.store.contract import Recorded

T0 = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TICKET_ID, ANNA = UUID(int=1), UUID(int=9)
IDS = (TICKET_ID, ANNA)
V1 = LEVELS[1]
REDRESS = (Apology(), Refund(Decimal("11.77"), "USD"))

OPEN = OpenComplaint(*IDS, "delivery", "Half of it was missing.", Severity.NORMAL, "phone", T0, V1)
CALL_BACK = MakePromise("call-back", "We call back.", T0 + 2 * DAY, now=T0 + HOUR, levels=V1)
CALLED_BACK = KeepPromise("call-back", now=T0 + DAY)
RESOLVE = Resolve(Decision.UPHELD, REDRESS, "The carrier confirmed it.", now=T0 + 3 * DAY, levels=V1)
REOPEN = Reopen("No money came.", now=T0 + 9 * DAY, levels=V1)

OPENED = ComplaintOpened(
    *IDS, "delivery", "Half of it was missing.", Severity.NORMAL, "phone", None, T0 + DAY, T0, levels_version=1
)
ANSWER_PROMISED = PromiseMade(*IDS, "answer", PromiseKind.ANSWER, "An answer by 2026-01-12.", T0 + 7 * DAY, T0, 1)
ACKNOWLEDGED = ComplaintAcknowledged(*IDS, T0 + HOUR)
CALL_PROMISED = PromiseMade(*IDS, "call-back", PromiseKind.ACTION, "We call back.", T0 + 2 * DAY, T0 + HOUR, 1)
CALL_KEPT = PromiseKept(*IDS, "call-back", T0 + DAY)
ANSWER_KEPT = PromiseKept(*IDS, "answer", T0 + 3 * DAY)
RESOLVED = ComplaintResolved(
    *IDS, Decision.UPHELD, REDRESS, "The carrier confirmed it.", T0 + 3 * DAY, reopen_until=T0 + 17 * DAY
)
REOPENED = ComplaintReopened(*IDS, "No money came.", T0 + 9 * DAY)
SECOND_ANSWER = PromiseMade(
    *IDS, "answer-2", PromiseKind.ANSWER, "An answer by 2026-01-21.", T0 + 16 * DAY, T0 + 9 * DAY, 1
)
CLOSED = ComplaintClosed(*IDS, T0 + 10 * DAY)

BEGUN = (OPENED, ANSWER_PROMISED)
ENDED = (*BEGUN, ANSWER_KEPT, RESOLVED)


def row_after(history: Sequence[Event]) -> QueueRow | None:
    """Return the queue's row once it has seen the history."""
    row = None
    for version, event in enumerate(history, start=1):
        row = project(row, recorded(event, version))
    return row


def recorded(event: Any, version: int) -> Recorded:
    """Return the event as the log would hold it."""
    stream, subject = f"ticket-{TICKET_ID}", str(event.customer_id)
    return Recorded("tickets", stream, version, version, 0, subject, "", 1, event, b"", T0, T0, {})
