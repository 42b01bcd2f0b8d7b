"""A run over real PostgreSQL: exact, as of a day, and the same after a crash anywhere."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest

from services.scoring.adapters import run_scoring
from services.scoring.adapters.run_scoring import RunScoring
from services.scoring.contracts.contact import PurchaseRecorded, PurchaseRefunded
from services.scoring.contracts.published import PUBLISHED
from services.scoring.domain.findings import MODEL, Basis, FitStatus
from services.scoring.domain.model import MODELS
from services.scoring.domain.pyramid import Rule, Tier
from services.scoring.domain.run import RUN, RequestRun, Run
from services.scoring.domain.score import SCORE
from services.scoring.views.customer_value import CUSTOMER_VALUE
from services.scoring.views.runs import RUNS
from shared.handle import Handler
from shared.store.contract import Append, Context, EventStore, Once, Recorded
from shared.store.memory import InMemoryEventStore
from shared.store.postgres import PostgresEventStore
from shared.wakeup import Wakeup
from tests.scoring import cdnow
from tests.scoring.conftest import NOW
from tests.scoring.following import everything, follow

FIRST, SECOND = UUID(int=101), UUID(int=102)
SOME = 1200
"""Customers in the tests of crashes: a few batches, and enough repeat buyers to fit."""


async def ask(store: EventStore, run_id: UUID, until: date | None = None) -> None:
    command, stream = RequestRun(run_id, until, NOW.date()), RUN.stream(run_id)
    await Handler(store).handle(RUN, stream, command, subject=stream, context=Context(NOW, NOW))


async def carry_out(pool: asyncpg.Pool, store: EventStore, run_id: UUID, currency: str = "USD") -> Run:
    await RunScoring(pool, store, currency, Rule(), lambda: NOW, Wakeup(pool)).carry_out(run_id)
    return (await Handler(store).load(RUN, RUN.stream(run_id))).state


def purchase(customer: int, day: date, amount: str, currency: str = "USD", *, refund: bool = False) -> Recorded:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    kind = PurchaseRefunded if refund else PurchaseRecorded
    event = kind(UUID(int=customer), Decimal(amount), currency)
    name = "purchase-refunded" if refund else "purchase-recorded"
    return Recorded("contact", f"p-{customer}", 1, 1, 0, str(event.customer_id), name, 1, event, b"", at, at, {})


def said(events: Sequence[Recorded]) -> list[tuple[str, int, str, Any]]:
    return [(event.stream, event.version, event.type, event.event) for event in events]


async def test_a_run_over_the_whole_log_is_exact(pool: asyncpg.Pool, store: PostgresEventStore) -> None:
    await follow(pool, CUSTOMER_VALUE, cdnow.recorded())
    await ask(store, FIRST)
    run = await carry_out(pool, store, FIRST)
    assert run.frozen is not None
    assert run.completed is not None
    assert (run.frozen.observed_until, run.frozen.customers) == (cdnow.LAST_DAY, 23_570)
    assert run.completed.changed == sum(run.completed.tiers.values()) == 23_570
    assert sum(run.completed.revenue.values()) == Decimal("2500315.63")
    assert run.frozen.model.status is FitStatus.GOOD
    values: Counter[int] = Counter()
    for item in cdnow.log():
        values[item.customer] += int(item.amount * 100)
    ordered = sorted(values.values(), reverse=True)
    for tier, percent in ((Tier.PLATINUM, 1), (Tier.GOLD, 5), (Tier.IRON, 20)):
        assert run.frozen.edges.tiers[tier] == ordered[-(-percent * 23_570 // 100) - 1] / 100
    latest = (await Handler(store).load(SCORE, SCORE.stream(UUID(int=1)))).state.latest
    assert latest is not None
    assert (latest.purchases, latest.value) == (1, Decimal("11.77"))


async def test_a_run_as_of_a_day_sees_nothing_that_came_after(pool: asyncpg.Pool, store: PostgresEventStore) -> None:
    """The same events but those up to the day give the same scores."""
    until = date(1997, 9, 30)
    customers = set(range(1, SOME + 1))
    events = [
        cdnow.purchase_event(number, item) for number, item in enumerate(cdnow.log()) if item.customer in customers
    ]
    await follow(pool, CUSTOMER_VALUE, [event for event in events if event.occurred_at.date() <= until])
    early = InMemoryEventStore(PUBLISHED)
    await ask(early, FIRST)
    await follow(pool, CUSTOMER_VALUE, [event for event in events if event.occurred_at.date() > until])
    await ask(store, FIRST, until)
    run = await carry_out(pool, store, FIRST)
    await pool.execute("DELETE FROM customer_value_v2")
    await follow(pool, CUSTOMER_VALUE, [event for event in events if event.occurred_at.date() <= until])
    await ask(early, SECOND, until)
    again = await carry_out(pool, early, SECOND)
    assert run.frozen is not None
    assert again.frozen is not None
    assert run.completed is not None
    assert again.completed is not None
    assert run.frozen.edges == again.frozen.edges
    assert run.frozen.model == again.frozen.model
    assert run.completed.tiers == again.completed.tiers
    assert run.completed.revenue == again.completed.revenue


async def test_a_run_without_a_day_takes_late_refunds_in(pool: asyncpg.Pool, store: PostgresEventStore) -> None:
    days = (date(1997, 1, 5), date(1997, 2, 1))
    await follow(pool, CUSTOMER_VALUE, [purchase(1, days[0], "20"), purchase(1, days[1], "5", refund=True)])
    await ask(store, FIRST)
    run = await carry_out(pool, store, FIRST)
    assert run.frozen is not None
    assert run.completed is not None
    assert run.frozen.observed_until == days[1]
    assert sum(run.completed.revenue.values()) == Decimal("15.00")
    assert run.frozen.model.status is FitStatus.TOO_FEW_REPEAT_BUYERS


async def test_the_second_run_over_the_same_purchases_changes_nobody(
    pool: asyncpg.Pool, store: PostgresEventStore
) -> None:
    await follow(pool, CUSTOMER_VALUE, [event for event in cdnow.recorded() if event.event.customer_id.int <= SOME])
    for run_id in (FIRST, SECOND):
        await ask(store, run_id)
        run = await carry_out(pool, store, run_id)
        assert run.completed is not None
        assert run.completed.changed == (SOME if run_id == FIRST else 0)
    assert {event.version for event in await everything(pool, store) if event.type == "customer-scored"} == {1}


class Crashing:
    """A store whose process dies at its n-th append: before the append, or just after it was committed."""

    def __init__(self, store: EventStore, dies_at: int, *, after: bool) -> None:
        self._store, self._left, self._after = store, dies_at, after

    async def append(self, *appends: Append, once: Once | None = None) -> Sequence[int]:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise OSError
        versions = await self._store.append(*appends, once=once)
        if self._left == 0:
            raise OSError
        return versions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@pytest.mark.parametrize("after", [False, True], ids=["before-the-append", "after-the-append"])
@pytest.mark.parametrize("dies_at", [1, 2, 3, 4, 5])
async def test_a_crash_anywhere_leaves_the_same_events(
    pool: asyncpg.Pool, store: PostgresEventStore, dies_at: int, *, after: bool
) -> None:
    """Appends of the run: the edges with the fit; three batches of scores; the end."""
    await follow(pool, CUSTOMER_VALUE, [event for event in cdnow.recorded() if event.event.customer_id.int <= SOME])
    undisturbed = InMemoryEventStore(PUBLISHED)
    await ask(undisturbed, FIRST)
    await carry_out(pool, undisturbed, FIRST)
    await ask(store, FIRST)
    with pytest.raises(OSError):
        await carry_out(pool, cast("EventStore", Crashing(store, dies_at, after=after)), FIRST)
    await carry_out(pool, store, FIRST)
    found = await everything(pool, store)
    histories = await undisturbed.read_many([event.stream for event in found])
    assert said(found) == said(
        [event for stream in dict.fromkeys(e.stream for e in found) for event in histories[stream]]
    )
    assert len(found) == SOME + 4


async def test_a_worker_takes_up_what_was_asked_for_and_what_a_crash_left(
    pool: asyncpg.Pool, store: PostgresEventStore
) -> None:
    await follow(pool, CUSTOMER_VALUE, [purchase(number, date(1997, 1, 5), "20") for number in range(1, 60)])
    for run_id in (FIRST, SECOND):
        await ask(store, run_id)
    with pytest.raises(OSError):
        await carry_out(pool, cast("EventStore", Crashing(store, 2, after=True)), FIRST)
    await follow(pool, RUNS, [event for event in await everything(pool, store) if event.stream.startswith("run-")])
    working = asyncio.create_task(RunScoring(pool, store, "USD", Rule(), lambda: NOW, Wakeup(pool)).run())
    async with asyncio.timeout(30):
        for run_id in (FIRST, SECOND):
            # What is waited for is in the database.
            while (await Handler(store).load(RUN, RUN.stream(run_id))).state.status == "running":
                await asyncio.sleep(0.02)
    working.cancel()
    await asyncio.wait([working])
    ended = [event.event.changed for event in await everything(pool, store) if event.type == "run-completed"]
    assert ended == [59, 0]


async def test_a_run_that_is_over_is_not_done_again(pool: asyncpg.Pool, store: PostgresEventStore) -> None:
    await follow(pool, CUSTOMER_VALUE, [purchase(1, date(1997, 1, 5), "20")])
    await ask(store, FIRST)
    await carry_out(pool, store, FIRST)
    before = said(await everything(pool, store))
    await carry_out(pool, store, FIRST)
    await carry_out(pool, store, SECOND)
    assert said(await everything(pool, store)) == before


async def test_nobody_to_score_ends_the_run_with_the_reason(pool: asyncpg.Pool, store: PostgresEventStore) -> None:
    await ask(store, FIRST)
    run = await carry_out(pool, store, FIRST)
    assert run.status == "failed"
    assert run.failed is not None
    assert run.failed.reason == "no customer has bought anything in USD by then"


async def test_a_failure_that_would_come_again_ends_the_run_and_not_the_worker(
    pool: asyncpg.Pool, store: PostgresEventStore
) -> None:
    await follow(pool, CUSTOMER_VALUE, [purchase(1, date(1997, 1, 5), "9" * 15)] * 2)
    await ask(store, FIRST)
    run = await carry_out(pool, store, FIRST)
    assert run.status == "failed"
    assert run.failed is not None
    assert run.failed.reason.startswith("the program failed: ")


async def test_other_currencies_are_left_out_and_counted(pool: asyncpg.Pool, store: PostgresEventStore) -> None:
    day = date(1997, 1, 5)
    bought = [purchase(1, day, "20"), purchase(1, day, "7", "EUR"), purchase(2, day, "8", "EUR")]
    await follow(pool, CUSTOMER_VALUE, bought)
    await ask(store, FIRST)
    run = await carry_out(pool, store, FIRST)
    assert run.frozen is not None
    assert (run.frozen.customers, run.frozen.other_currencies) == (1, {"EUR": 2})


async def test_a_currency_with_too_few_repeat_buyers_is_fitted_with_everyones(
    pool: asyncpg.Pool, store: PostgresEventStore
) -> None:
    some = [event for event in cdnow.recorded() if event.event.customer_id.int <= SOME]
    few = [purchase(90_001, date(1997, 1, 5), "20", "EUR"), purchase(90_002, date(1997, 3, 5), "9", "EUR")]
    await follow(pool, CUSTOMER_VALUE, [*some, *few])
    await ask(store, FIRST)
    run = await carry_out(pool, store, FIRST, currency="EUR")
    assert run.frozen is not None
    assert (run.frozen.customers, run.frozen.model.basis) == (2, Basis.POOLED)
    assert (run.frozen.model.status, run.frozen.model.customers) == (FitStatus.GOOD, SOME + 2)
    latest = (await Handler(store).load(SCORE, SCORE.stream(UUID(int=90_001)))).state.latest
    assert latest is not None
    assert latest.expected_purchases is not None


async def test_a_fit_that_is_not_good_is_on_record_and_no_customer_gets_a_forecast(
    pool: asyncpg.Pool, store: PostgresEventStore
) -> None:
    await follow(pool, CUSTOMER_VALUE, [purchase(number, date(1997, 1, 5), "20") for number in range(1, 60)])
    await ask(store, FIRST)
    await carry_out(pool, store, FIRST)
    model = (await Handler(store).load(MODELS, MODELS.stream(MODEL))).state
    assert model.latest is not None
    assert (model.latest.fit.status, model.usable) == (FitStatus.TOO_FEW_REPEAT_BUYERS, None)
    latest = (await Handler(store).load(SCORE, SCORE.stream(UUID(int=1)))).state.latest
    assert latest is not None
    assert (latest.expected_purchases, latest.probability_alive) == (None, None)


async def test_runs_read_the_population_page_by_page(
    pool: asyncpg.Pool, store: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.scoring.adapters import population

    monkeypatch.setattr(population, "PAGE", 7)
    monkeypatch.setattr(run_scoring, "BATCH", 7)
    await follow(pool, CUSTOMER_VALUE, [purchase(number, date(1997, 1, 5), "20") for number in range(1, 60)])
    await ask(store, FIRST)
    run = await carry_out(pool, store, FIRST)
    assert run.completed is not None
    assert run.completed.changed == 59
