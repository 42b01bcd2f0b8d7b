"""What holds for every ticket, whatever is asked of it in whatever order; and the queue agrees with the ticket."""

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given as for_all
from hypothesis import strategies as st

from services.tickets.domain.commands import Acknowledge, Close, Command, KeepPromise, MakePromise, Reopen, Resolve
from services.tickets.domain.events import ComplaintClosed, ComplaintOpened, Event, PromiseMade
from services.tickets.domain.terms import Decision, Status, StatusCategory
from services.tickets.domain.ticket import Ticket, due
from services.tickets.domain.ticketing import TICKET
from shared.errors import Rejected
from tests.tickets.ticket_facts import OPEN, REDRESS, T0, V1, row_after

TIMES = st.integers(min_value=0, max_value=40).map(lambda days: T0 + timedelta(days=days))
NAMES = st.sampled_from(["answer", "answer-2", "call-back", "refund"])
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.just(OPEN),
    st.builds(Acknowledge, TIMES),
    st.builds(MakePromise, NAMES, st.sampled_from(["a call", "money"]), TIMES, TIMES, st.just(V1)),
    st.builds(KeepPromise, NAMES, TIMES),
    st.builds(Resolve, st.sampled_from(Decision), st.just(REDRESS), st.just("because"), TIMES, st.just(V1)),
    st.builds(Reopen, st.just("again"), TIMES, st.just(V1)),
    st.builds(Close, TIMES),
)
HISTORIES = st.lists(COMMANDS, max_size=30)


def history_of(commands: Sequence[Command]) -> list[Event]:
    """Return what the commands give, those that are refused left out."""
    history: list[Event] = []
    for command in commands:
        try:
            history += TICKET.decide(command, TICKET.fold(history))
        except Rejected:
            continue
    return history


def states_of(history: Sequence[Event]) -> list[Ticket | None]:
    return [TICKET.fold(history[:length]) for length in range(len(history) + 1)]


@for_all(HISTORIES)
def test_no_order_of_commands_does_anything_to_a_ticket_before_it_is_opened(commands: list[Command]) -> None:
    history = history_of(commands)
    assert all(isinstance(event, ComplaintOpened) == (place == 0) for place, event in enumerate(history))


@for_all(HISTORIES)
def test_an_unresolved_ticket_always_has_something_due(commands: list[Command]) -> None:
    ticket = TICKET.fold(history_of(commands))
    if ticket and ticket.status.category is StatusCategory.OPEN:
        assert due(ticket)


@for_all(HISTORIES)
def test_promises_never_vanish_and_never_change(commands: list[Command]) -> None:
    known: dict[str, PromiseMade] = {}
    for ticket in states_of(history_of(commands)):
        promises = {name: promise.made for name, promise in ticket.promises.items()} if ticket else {}
        assert known.items() <= promises.items()
        known = promises


@for_all(HISTORIES)
def test_closed_is_closed_for_ever_and_with_nothing_due(commands: list[Command]) -> None:
    history = history_of(commands)
    closings = [place for place, event in enumerate(history) if isinstance(event, ComplaintClosed)]
    assert closings in ([], [len(history) - 1])
    ticket = TICKET.fold(history)
    if ticket and ticket.status is Status.CLOSED:
        assert due(ticket) == ()


@for_all(HISTORIES, COMMANDS)
def test_a_command_sent_twice_does_nothing_the_second_time(commands: list[Command], command: Command) -> None:
    history = history_of(commands)
    once = history_of([*commands, command])
    if len(once) > len(history):
        assert TICKET.decide(command, TICKET.fold(once)) == ()


@for_all(HISTORIES)
def test_the_queue_shows_the_status_and_the_next_duty_that_the_ticket_has(commands: list[Command]) -> None:
    history = history_of(commands)
    ticket, row = TICKET.fold(history), row_after(history)
    if ticket is None or row is None:
        assert ticket is None
        assert row is None
        return
    first = next(iter(due(ticket)), None)
    assert (row.status, row.acknowledged) == (ticket.status, ticket.acknowledged_at is not None)
    assert row.promises == {promise.promise_id: promise.due_at for promise in ticket.open_promises}
    assert (row.next_due_at, row.next_due) == ((first.due_at, first.duty) if first else (None, None))
    assert row.decision == (ticket.resolution.decision if ticket.resolution else None)
    assert row.reopenings == ticket.reopenings
