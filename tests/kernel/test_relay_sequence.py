"""Numbers are given once, under an epoch: a relay that was replaced can write nothing."""

import asyncpg
import pytest

from shared.errors import Fenced
from shared.relay.sequence import Sequencer, read_range
from shared.store.contract import PARTITIONS
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import raised

from .conftest import EITHER

pytestmark = EITHER


async def test_numbers_are_gap_free_in_each_partition_and_survive_a_new_leader(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    first = Sequencer(pool, range(PARTITIONS))
    await first.lead()
    await postgres_store.append(*(raised(f"s{number}", 1) for number in range(50)))
    given = await first.next_batch(30)
    second = Sequencer(pool, range(PARTITIONS))
    leads = await second.lead()
    given += await second.next_batch(100)

    by_partition = {p: [item.seq for item in given if item.partition == p] for p in range(PARTITIONS)}
    assert sum(len(numbers) for numbers in by_partition.values()) == 50
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in by_partition.values())
    assert all(lead.acked_seq == 0 for lead in leads.values())


async def test_a_replaced_leader_is_fenced_and_leaves_the_outbox_alone(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    old, new = Sequencer(pool, range(PARTITIONS)), Sequencer(pool, range(PARTITIONS))
    await old.lead()
    await new.lead()
    await postgres_store.append(raised("a", 1), raised("b", 1))
    old.acked = dict.fromkeys(range(PARTITIONS), 99)
    with pytest.raises(Fenced):
        await old.next_batch(10)
    assert await new.waiting()
    assert len(await new.next_batch(10)) == 2
    assert await pool.fetchval("SELECT max(acked_seq) FROM relay_partition") == 0


async def test_what_was_numbered_is_read_again_with_the_same_numbers(
    pool: asyncpg.Pool, postgres_store: PostgresEventStore
) -> None:
    sequencer = Sequencer(pool, range(PARTITIONS))
    await sequencer.lead()
    given = []
    for expected in range(7):
        await postgres_store.append(raised("a", expected, expected=expected))
        given += await sequencer.next_batch(10)
    again = await read_range(pool, given[0].partition, 3, 6)
    assert again == given[2:6]
