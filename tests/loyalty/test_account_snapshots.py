"""An account's state survives being stored: folding on from it gives what the whole history gives."""

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.loyalty.domain.ledger.decider import ACCOUNT
from shared.snapshotting import Snapshotting
from shared.store.snapshots import InMemorySnapshots
from tests.loyalty.histories import STEPS, Step, log_of


@settings(max_examples=60, deadline=None)
@for_all(STEPS, st.integers(0, 40))
async def test_a_stored_account_goes_on_as_the_folded_one(steps: list[Step], cut: int) -> None:
    history = [fact.event for fact in log_of(steps)]
    before = ACCOUNT.fold(history[:cut])
    snapshotting = Snapshotting(InMemorySnapshots())
    snapshotting.note(ACCOUNT, "account-1", cut, before)
    await snapshotting.settled()
    found = await snapshotting.find(ACCOUNT, "account-1")
    assert found is not None
    assert found == (cut, before)
    after = found[1]
    for event in history[cut:]:
        after = ACCOUNT.evolve(after, event)
    assert repr(after) == repr(ACCOUNT.fold(history))
