"""Merging and undoing: what is decided, and what is refused, over the streams of a customer and of the tree's root."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from services.contact.contracts.published import PUBLISHED
from services.contact.domain.customer import CUSTOMER, RegisterCustomer
from services.contact.domain.erasure import RequestErasure
from services.contact.domain.merging import Evidence, Reason, UndoReason
from services.contact.policies import merges
from shared.errors import Conflict, Rejected
from shared.policies.work import WorkingSet
from shared.store.contract import Context
from shared.store.memory import InMemoryEventStore

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
CONTEXT = Context(NOW, NOW, actor="agent-7")
EVIDENCE = (Reason(Evidence.SAME_PAYMENT, "purchase-shop-o1@1"),)
Attempt = Callable[[WorkingSet], Any]
A, B, C, D = (UUID(int=number) for number in (10, 11, 12, 13))


def _handle(stream: str, command: Any, work: WorkingSet) -> Any:
    return work.handle(CUSTOMER, stream, command, subject="", context=CONTEXT)


def undoing(customer: UUID, merge_id: UUID) -> Attempt:
    return lambda work: merges.undo(work, merge_id, customer, UndoReason.MISTAKE, CONTEXT)


class World:
    """Four customers and an in-memory log."""

    def __init__(self) -> None:
        self.store = InMemoryEventStore(PUBLISHED)
        self.next = 100

    async def work(self, *decide: Attempt) -> Any:
        work = WorkingSet(self.store, NOW)
        found = [await work.decide(each, work) for each in decide]
        await work.commit()
        return found[-1]

    async def register(self, *customers: UUID) -> "World":
        for customer in customers:
            command = RegisterCustomer(customer, "shop", "web")
            stream = CUSTOMER.stream(customer)
            await self.work(partial(_handle, stream, command))
        return self

    def merging(self, customer: UUID, into: UUID) -> Attempt:
        self.next += 1
        merge_id = UUID(int=self.next)
        return lambda work: merges.merge(work, merge_id, customer, into, EVIDENCE, CONTEXT)

    async def merge(self, customer: UUID, into: UUID) -> UUID:
        merged = await self.work(self.merging(customer, into))
        merge_id: UUID = merged.merge_id
        return merge_id

    async def undo(self, customer: UUID, merge_id: UUID) -> None:
        await self.work(undoing(customer, merge_id))

    async def root(self, customer: UUID) -> UUID:
        root: UUID = await self.work(lambda work: merges.root_of(work, customer))
        return root

    async def told(self, customer: UUID) -> list[str]:
        return [event.type for event in await self.store.read(CUSTOMER.stream(customer))]

    @property
    def size(self) -> int:
        return len(self.store._log)


@pytest.fixture
async def world() -> World:
    return await World().register(A, B, C, D)


async def refused(world: World, attempt: Any) -> str:
    """Return the code of the refusal, of which nothing remains in the log."""
    before = world.size
    with pytest.raises(Rejected) as caught:
        await attempt
    assert world.size == before
    return caught.value.code


async def test_a_merge_is_a_fact_of_the_customer_and_of_the_root(world: World) -> None:
    await world.merge(A, B)
    assert await world.told(A) == ["customer-registered", "customers-merged"]
    assert await world.told(B) == ["customer-registered", "customer-absorbed"]
    event = (await world.store.read(CUSTOMER.stream(A)))[-1].event
    assert (event.into, event.root, event.evidence, event.decided_by) == (B, B, EVIDENCE, "agent-7")


async def test_merging_into_a_merged_customer_points_where_it_was_said_and_is_noted_at_the_root(world: World) -> None:
    await world.merge(B, C)
    await world.merge(A, B)
    event = (await world.store.read(CUSTOMER.stream(A)))[-1].event
    assert (event.into, event.root) == (B, C)
    assert await world.told(C) == ["customer-registered", "customer-absorbed", "customer-absorbed"]
    assert await world.told(B) == ["customer-registered", "customers-merged"]
    assert {await world.root(customer) for customer in (A, B, C)} == {C}


async def test_a_customer_cannot_be_merged_with_itself(world: World) -> None:
    assert await refused(world, world.merge(A, A)) == "merge-with-itself"


async def test_unknown_customers_are_refused_on_either_side(world: World) -> None:
    assert await refused(world, world.merge(UUID(int=1), A)) == "customer-unknown"
    assert await refused(world, world.merge(A, UUID(int=1))) == "customer-unknown"


async def test_who_was_erased_can_be_merged_on_neither_side(world: World) -> None:
    await world.work(partial(_handle, CUSTOMER.stream(A), RequestErasure(A)))
    assert await refused(world, world.merge(A, B)) == "customer-erased"
    assert await refused(world, world.merge(B, A)) == "customer-erased"


async def test_who_is_merged_already_is_told_into_whom(world: World) -> None:
    await world.merge(A, B)
    with pytest.raises(Rejected, match=str(B)) as caught:
        await world.merge(A, C)
    assert caught.value.code == "already-merged"


async def test_a_circle_is_refused_directly_and_by_others(world: World) -> None:
    await world.merge(A, B)
    assert await refused(world, world.merge(B, A)) == "merge-circular"
    await world.merge(B, C)
    assert await refused(world, world.merge(C, A)) == "merge-circular"


async def test_an_undo_parts_the_two_and_they_can_be_merged_again(world: World) -> None:
    merge_id = await world.merge(A, B)
    await world.undo(A, merge_id)
    assert await world.told(B) == ["customer-registered", "customer-absorbed", "absorption-ended"]
    assert (await world.root(A), await world.root(B)) == (A, B)
    await world.merge(B, A)
    assert (await world.root(A), await world.root(B)) == (A, A)


async def test_undoing_what_was_never_merged_or_undone_before_is_refused(world: World) -> None:
    assert await refused(world, world.undo(A, UUID(int=1))) == "merge-unknown"
    merge_id = await world.merge(A, B)
    assert await refused(world, world.undo(B, merge_id)) == "merge-unknown"
    await world.undo(A, merge_id)
    assert await refused(world, world.undo(A, merge_id)) == "merge-undone-already"
    again = await world.merge(A, B)
    assert await refused(world, world.undo(A, merge_id)) == "merge-undone-already"
    await world.undo(A, again)


async def test_an_undo_in_the_middle_of_a_chain_leaves_the_other_merge(world: World) -> None:
    first, second = await world.merge(A, B), await world.merge(B, C)
    await world.undo(A, first)
    assert [await world.root(customer) for customer in (A, B, C)] == [A, C, C]
    await world.merge(A, B)
    await world.undo(B, second)
    assert [await world.root(customer) for customer in (A, B, C)] == [B, B, C]


async def race(world: World, *attempts: Attempt) -> list[str]:
    """Let all decide on the same past before any appends; return how each ended."""
    works = []
    for attempt in attempts:
        work = WorkingSet(world.store, NOW)
        await work.decide(attempt, work)
        works.append(work)
    ended = []
    for work in works:
        try:
            await work.commit()
            ended.append("written")
        except Conflict:
            ended.append("conflict")
    return ended


async def test_of_two_who_merge_one_another_at_once_one_wins(world: World) -> None:
    assert await race(world, world.merging(A, B), world.merging(B, A)) == ["written", "conflict"]
    assert await refused(world, world.merge(B, A)) == "merge-circular"


async def test_racing_merges_through_longer_chains_make_no_circle(world: World) -> None:
    await world.merge(C, A)
    assert await race(world, world.merging(A, D), world.merging(D, C)) == ["written", "conflict"]
    assert await refused(world, world.merge(D, C)) == "merge-circular"


async def test_a_merge_that_races_with_an_undo_further_up_decides_anew(world: World) -> None:
    upper = await world.merge(B, C)
    assert await race(world, undoing(B, upper), world.merging(A, B)) == ["written", "conflict"]
    await world.merge(A, B)
    assert (await world.store.read(CUSTOMER.stream(A)))[-1].event.root == B


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_races_merges_are_trees_and_roots_stand_for_themselves(seed: int) -> None:
    dice = random.Random(seed)
    names = [UUID(int=number) for number in range(10, 16)]
    world = await World().register(*names)
    holds: dict[UUID, UUID] = {}
    for _ in range(40):
        attempts: list[Attempt] = []
        for _ in range(dice.randrange(1, 4)):
            customer = dice.choice(names)
            if customer in holds and dice.random() < 0.5:
                held = holds[customer]
                attempts.append(undoing(customer, held))
            else:
                attempts.append(world.merging(customer, dice.choice(names)))
        works = []
        for attempt in attempts:
            work = WorkingSet(world.store, NOW)
            try:
                await work.decide(attempt, work)
            except Rejected:
                continue
            works.append(work)
        for work in works:
            try:
                await work.commit()
            except Conflict:
                continue
        reading = WorkingSet(world.store, NOW)
        await reading.load(map(CUSTOMER.stream, names))
        states = {name: reading.state(CUSTOMER, CUSTOMER.stream(name)).merging for name in names}
        holds = {name: state.merge_id for name, state in states.items() if state.merge_id is not None}
        for name in names:
            root = merges.root_of(reading, name)
            assert states[root].into is None
