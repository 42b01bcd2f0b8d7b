"""A back-dated version judges known facts again: differences as corrections, once, from wherever a crash left it."""

from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest
from msgspec import structs

from services.loyalty.adapters import revising
from services.loyalty.adapters.revising import SETTLED, Revising
from services.loyalty.contracts.contact import PurchaseRecorded, PurchaseRefunded
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.commands import Enrol
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import PointsEarned, PointsReversed
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.domain.programme.commands import Publish
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import token_of
from services.loyalty.domain.revising.revision import REVISION, Advance, RevisionAdvanced
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.language import Add, Base, Limit
from services.loyalty.domain.tiers.table import Benefits, Tier, TierTable
from services.loyalty.policies.judging import Judging, Promised
from services.loyalty.views.programmes import PROGRAMMES
from shared.policies.work import WorkingSet
from shared.store.contract import Context
from shared.store.postgres import PostgresEventStore
from shared.testing.clock import SettableClock
from shared.testing.given import given
from shared.views.rows import Rows
from shared.wakeup import Wakeup
from tests.loyalty.loyalty_facts import day
from tests.loyalty.programmes import earning, giving
from tests.loyalty.rule_sets import rule
from tests.loyalty.telling import account, by_rule, follow, publish, told

MEMBERS = [UUID(int=number) for number in range(1, 6)]
GUEST = UUID(int=99)
NOW = day(50)


class Shop:
    """The shop's programme on a real database, members who bought for ten euros a day, and the part that revises."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.clock = SettableClock(NOW)
        self.store = PostgresEventStore(pool, PUBLISHED, self.clock)
        self.pool = pool

    def part(self) -> Revising:
        """Return what a worker that was just started would run."""
        return Revising(self.pool, self.store, Judging(Promised(programme="shop")), self.clock, Wakeup(self.pool))

    async def back_date(self, document: Document, since: float, name: str = "shop") -> None:
        stream, work = PROGRAMME.stream(name), WorkingSet(self.store, self.clock())
        await work.load([stream])
        token = token_of(work.state(PROGRAMME, stream), document, day(since))
        context = Context(self.clock(), self.clock())
        command = Publish(document, day(since), self.clock(), token)
        work.handle(PROGRAMME, stream, command, subject=stream, context=context)
        await work.commit()
        (*_, last) = await self.store.read(stream)
        async with self.pool.acquire() as connection:
            await Rows(PROGRAMMES).save(connection, {name: PROGRAMMES.project(None, last)})

    async def balances(self) -> list[int]:
        return [(await account(self.store, who)).balance(day(90)) for who in MEMBERS]

    async def revise(self) -> None:
        self.clock.advance(SETTLED)
        await self.part().catch_up()


def airline(points: int) -> Document:
    return structs.replace(giving(points), id="airline")


async def belong(shop: Shop, who: UUID, programme: str) -> None:
    work, stream = WorkingSet(shop.store, day(0)), ACCOUNT.stream(who)
    await work.load([stream])
    command = Enrol(who, day(0), programme)
    work.handle(ACCOUNT, stream, command, subject=str(who), context=Context(day(0), day(0)))
    await work.commit()


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    made = Shop(pool)
    await publish(made.store, giving(1), day(-9))
    for who in MEMBERS:
        for n in (1, 2, 3):
            bought = PurchaseRecorded(who, "shop", f"{who.int}-{n}", Decimal(10), "EUR")
            await follow(made.store, told("contact", bought, day(n), who=who))
    return made


async def test_what_is_earned_otherwise_is_booked_at_the_time_of_its_fact(shop: Shop) -> None:
    await shop.back_date(giving(3), 2)
    await shop.revise()
    assert await shop.balances() == [10 + 30 + 30] * 5
    history = await shop.store.read(ACCOUNT.stream(MEMBERS[0]))
    corrected = [item for item in history if isinstance(item.event, PointsEarned | PointsReversed)][3:]
    assert [(item.event.points, item.occurred_at) for item in corrected] == [(20, day(2)), (20, day(3))]
    assert {item.recorded_at for item in corrected} == {shop.clock()}
    finished = (await shop.store.read(REVISION.stream("shop.2")))[-1].event
    assert (finished.accounts, finished.changed, finished.failed) == (5, 5, 0)


async def test_points_that_were_too_many_are_taken_back_and_a_full_return_still_nets_to_nothing(shop: Shop) -> None:
    await shop.back_date(earning(rule("other", Base(PerAmount(1, Decimal(5))))), 2)
    await shop.revise()
    assert await shop.balances() == [10 + 2 + 2] * 5
    who = MEMBERS[1]
    back = [PurchaseRefunded(who, "shop", f"{who.int}-{n}", f"r{n}", Decimal(10)) for n in (1, 2, 3)]
    await follow(shop.store, *(told("contact", event, day(60), who=who) for event in back), now=day(60))
    one = await account(shop.store, who)
    assert (one.balance(day(90)), one.owed(), by_rule(one)) == (0, 0, {})


async def test_it_waits_until_no_batch_judges_by_the_version_before(shop: Shop) -> None:
    await shop.back_date(giving(3), 2)
    await shop.part().catch_up()
    assert await shop.balances() == [30] * 5
    assert await shop.store.read(REVISION.stream("shop.2")) == []


async def test_a_crash_costs_one_batch_and_nothing_is_booked_twice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revising, "PAGE", 2)
    await shop.back_date(giving(3), 2)
    shop.clock.advance(SETTLED)
    pages, commit = 0, WorkingSet.commit

    async def crash(work: WorkingSet) -> None:
        nonlocal pages
        pages += 1
        if pages == 2:
            raise OSError("the process was killed")
        await commit(work)

    monkeypatch.setattr(WorkingSet, "commit", crash)
    with pytest.raises(OSError, match="killed"):
        await shop.part().catch_up()
    assert sorted(await shop.balances()) == [30, 30, 30, 70, 70]
    await shop.part().catch_up()
    await shop.part().catch_up()
    assert await shop.balances() == [70] * 5
    batches = [item.event for item in await shop.store.read(REVISION.stream("shop.2"))]
    assert [getattr(batch, "accounts", None) for batch in batches] == [2, 2, 1, 5]


async def test_a_version_that_changes_nothing_books_no_points_and_what_comes_later_is_judged_by_it(shop: Shop) -> None:
    await shop.back_date(giving(1), 2)
    await shop.back_date(earning(rule("base", Base(PerAmount(1))), rule("extra", Add(Fixed(5)))), 3)
    await shop.revise()
    assert await shop.balances() == [35] * 5
    late = PurchaseRecorded(MEMBERS[0], "shop", "late", Decimal(10), "EUR")
    await follow(shop.store, told("contact", late, day(2.5)), told("contact", late, day(2.5)))
    assert (await shop.balances())[0] == 45


async def test_who_was_there_before_a_rule_for_anniversaries_has_them_too(shop: Shop) -> None:
    loyal = rule("loyal", Add(Fixed(30)), on=("anniversary",))
    await publish(shop.store, earning(rule("base", Base(PerAmount(1))), loyal), NOW)
    assert await shop.store.wakes_at(PROFILE.stream(MEMBERS[0])) is None
    await shop.revise()
    due = await shop.store.wakes_at(PROFILE.stream(MEMBERS[0]))
    assert due is not None
    assert (due.year, due.month, due.day) == (2027, 1, 5)
    assert await shop.balances() == [30] * 5


async def test_an_account_that_cant_be_corrected_is_named_and_the_others_are(shop: Shop) -> None:
    await shop.back_date(earning(rule("base", Base(Fixed(2**62)))), 1)
    await shop.revise()
    failed = [name for item in await shop.store.read(REVISION.stream("shop.2")) for name in _failed(item.event)]
    assert failed == [str(who) for who in MEMBERS]
    assert await shop.balances() == [30] * 5


async def test_a_cap_and_a_budget_of_the_version_hold_over_what_it_judges_again(shop: Shop) -> None:
    capped = rule("base", Base(PerAmount(3)), caps=(Limit(50, "year"),), budgets=(Limit(100, "year"),))
    await shop.back_date(earning(capped), 2)
    await shop.revise()
    balances = await shop.balances()
    assert balances[:2] == [60, 60]
    assert sum(balances) == 50 + 100


async def test_each_member_is_judged_again_by_the_versions_of_their_own_programme_alone(shop: Shop) -> None:
    anna = MEMBERS[0]
    await shop.back_date(airline(4), -9, "airline")
    await belong(shop, GUEST, "airline")
    for who in (anna, GUEST):
        bought = PurchaseRecorded(who, "shop", f"late-{who}", Decimal(10), "EUR")
        await follow(shop.store, told("contact", bought, day(4), who=who))
    assert [(await account(shop.store, who)).balance(day(90)) for who in (anna, GUEST)] == [40, 40]
    await shop.back_date(giving(3), 4)
    await shop.revise()
    assert [(await account(shop.store, who)).balance(day(90)) for who in (anna, GUEST)] == [60, 40]
    await shop.back_date(airline(7), 4, "airline")
    await shop.revise()
    assert [(await account(shop.store, who)).balance(day(90)) for who in (anna, GUEST)] == [60, 70]
    finished = [(await shop.store.read(REVISION.stream(name)))[-1].event for name in ("shop.2", "airline.2")]
    assert [(event.accounts, event.changed) for event in finished] == [(6, 1), (6, 1)]


async def test_a_version_of_another_programme_corrects_nobody_by_what_has_not_settled_of_theirs(shop: Shop) -> None:
    await shop.back_date(airline(4), -9, "airline")
    await belong(shop, GUEST, "airline")
    bought = PurchaseRecorded(GUEST, "shop", "late", Decimal(10), "EUR")
    await follow(shop.store, told("contact", bought, day(4), who=GUEST))
    await shop.back_date(airline(7), -9, "airline")
    shop.clock.advance(SETTLED)
    await shop.back_date(giving(3), 2)
    await shop.part().catch_up()
    assert [(await account(shop.store, GUEST)).balance(day(90)), *await shop.balances()] == [70] + [30] * 5
    assert (await shop.store.read(REVISION.stream("airline.2")))[-1].event.changed == 1


async def test_where_no_programme_is_the_usual_one_those_that_were_chosen_are_revised(shop: Shop) -> None:
    await shop.back_date(airline(4), -9, "airline")
    await belong(shop, GUEST, "airline")
    bought = PurchaseRecorded(GUEST, "shop", "late", Decimal(10), "EUR")
    await follow(shop.store, told("contact", bought, day(4), who=GUEST))
    await shop.back_date(airline(7), 4, "airline")
    shop.clock.advance(SETTLED)
    await Revising(shop.pool, shop.store, Judging(Promised()), shop.clock, Wakeup(shop.pool)).catch_up()
    assert (await account(shop.store, GUEST)).balance(day(90)) == 70
    assert await shop.balances() == [30] * 5


async def test_it_judges_again_with_the_tier_that_a_member_had_before_each_fact(shop: Shop) -> None:
    gold = Tier("gold", 20, benefits=Benefits(Decimal(3)))
    tiered = structs.replace(giving(1), tiers=TierTable((Tier("member", 0), gold), "points"))
    await shop.back_date(tiered, 0)
    await shop.revise()
    assert await shop.balances() == [10 + 10 + 30] * 5


def test_a_batch_that_somebody_else_has_done_is_not_noted_twice() -> None:
    batch = RevisionAdvanced("shop", 2, day(2), "account-b", 2, 1)
    given(REVISION).when(Advance("", batch)).then(batch)
    given(REVISION, batch).when(Advance("", batch)).then_nothing()


def _failed(event: object) -> tuple[str, ...]:
    return event.failed if isinstance(event, RevisionAdvanced) else ()
