"""Commands that reach one account at once, by two processes, some of them twice: as if each had come alone, once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.commands import Command
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import PointsEarned, PointsGiven, PointsHeld, PointsSpent, SpendReversed
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.ledger.movements import Fact
from shared.errors import Conflict, Rejected
from shared.handle import Handler
from shared.store.contract import Append, Context
from shared.store.memory import InMemoryEventStore
from tests.loyalty.conservation import parts_of
from tests.loyalty.histories import MILES, STEPS, Step, command_of
from tests.loyalty.loyalty_facts import ANNA, NOW, earn, spend
from tests.loyalty.reference import reckon

STREAM = ACCOUNT.stream(ANNA)
ONCE = ((PointsEarned, "lot_id"), (PointsSpent, "spend_id"), (PointsHeld, "hold_id"), (PointsGiven, "transfer_id"))


class Unhurried(InMemoryEventStore):
    """A store whose reads and appends take some turns, so that callers overtake each other as the dice say."""

    def __init__(self, dice: Random) -> None:
        super().__init__(PUBLISHED, lambda: NOW)
        self._dice = dice

    async def news(self, stream: str, *, after: int = 0) -> tuple[int, Sequence[Any]]:
        await self._some_turns()
        return await super().news(stream, after=after)

    async def append(self, *appends: Append, once: Any = None) -> Sequence[int]:
        await self._some_turns()
        return await super().append(*appends, once=once)

    async def _some_turns(self) -> None:
        for _ in range(self._dice.randrange(4)):
            await asyncio.sleep(0)


async def ask(handler: Handler, command: Command) -> bool:
    """Ask until no other writer was first; return whether something came of it."""
    while True:
        try:
            context = Context(NOW, NOW)
            outcome = await handler.handle(ACCOUNT, STREAM, command, subject=str(ANNA), context=context)
        except Conflict:
            continue
        except Rejected:
            return False
        return bool(outcome.events)


@settings(max_examples=100, deadline=None)
@for_all(STEPS, st.randoms(use_true_random=False))
async def test_commands_at_once_take_effect_one_by_one_each_at_most_once(steps: list[Step], dice: Random) -> None:
    store = Unhurried(dice)
    processes = (Handler(store), Handler(store))
    now = NOW + timedelta(days=60)
    commands = [command_of(step, now)[0] for step in steps for _ in range(1 + (step.points % 3 == 0))]
    dice.shuffle(commands)
    await asyncio.gather(*(ask(processes[place % 2], command) for place, command in enumerate(commands)))
    log = await store.read(STREAM)
    account = ACCOUNT.fold(item.event for item in log)
    for handler in processes:
        assert (await handler.load(ACCOUNT, STREAM)).state == account
    for lot in account.lots.values():
        assert sum(parts_of(lot, now)) == lot.points
        assert min(parts_of(lot, now)) >= 0
    facts = [Fact(item.id, STREAM, item.type, NOW, NOW, item.event) for item in log]
    for currency in ("points", MILES):
        assert account.balance(now, currency) == reckon(facts, now).balance.get(currency, 0)
    assert all(sum(journal(item.event).values()) == 0 for item in log)
    for kind, name in ONCE:
        counted = Counter(getattr(item.event, name) for item in log if isinstance(item.event, kind))
        assert set(counted.values()) <= {1}
    taken_back = Counter(item.event.spend_id for item in log if isinstance(item.event, SpendReversed))
    assert set(taken_back.values()) <= {1}


@settings(max_examples=60, deadline=None)
@for_all(st.integers(1, 90), st.lists(st.integers(1, 60), min_size=2, max_size=12), st.randoms(use_true_random=False))
async def test_of_spends_at_once_none_overdraws_and_none_that_still_fits_is_refused(
    points: int, spends: list[int], dice: Random
) -> None:
    store = Unhurried(dice)
    processes = (Handler(store), Handler(store))
    await ask(processes[0], earn("o1", str(points)))
    asked = [spend(f"s{place}", number) for place, number in enumerate(spends)]
    made = await asyncio.gather(*(ask(processes[place % 2], one) for place, one in enumerate(asked)))
    left = points - sum(one for one, was_made in zip(spends, made, strict=True) if was_made)
    assert left >= 0
    assert (await processes[1].load(ACCOUNT, STREAM)).state.balance(NOW) == left
    assert all(one > left for one, was_made in zip(spends, made, strict=True) if not was_made)
