"""A ticket's state survives being stored: folding on from it gives what the whole history gives."""

from hypothesis import given as for_all
from hypothesis import strategies as st

from services.tickets.domain.commands import Command
from services.tickets.domain.ticketing import TICKET
from shared.snapshotting import Snapshotting
from shared.store.snapshots import InMemorySnapshots
from tests.tickets.test_ticket_histories import HISTORIES, history_of


@for_all(HISTORIES, st.integers(min_value=0, max_value=60))
async def test_a_stored_ticket_goes_on_as_the_folded_one(commands: list[Command], cut: int) -> None:
    history = history_of(commands)
    before = TICKET.fold(history[:cut])
    snapshotting = Snapshotting(InMemorySnapshots())
    snapshotting.note(TICKET, "ticket-1", cut, before)
    await snapshotting.settled()
    found = await snapshotting.find(TICKET, "ticket-1")
    assert found is not None
    assert found == (cut, before)
    after = found[1]
    for event in history[cut:]:
        after = TICKET.evolve(after, event)
    assert repr(after) == repr(TICKET.fold(history))
