"""Earning: purchases from Kafka to lots by the rules of a shop's programme, beside reading the same records alone."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg

from bench.figures import Figure, Found, measured
from bench.place import CONTACT, LOYALTY, Place
from bench.reading import read_only
from bench.running import consumer_of, running, until
from rapport.programme_file import read_programme
from services.contact.domain.purchase import PurchaseRecorded
from services.loyalty.domain.programme.commands import Publish
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.reading import document_of
from services.loyalty.policies.judging import Promised
from services.loyalty.policies.purchases import purchases
from shared.relay.relay import Relay
from shared.store.contract import PARTITIONS, Append, Context
from shared.store.postgres import PostgresEventStore
from shared.wakeup import Wakeup

PURCHASES, MEMBERS = 60_000, 20_000
"""Three for each member, who is enrolled by the first of them."""

NAME = "shop"
FILE = LOYALTY.folder / "programmes" / f"{NAME}.yaml"
BY_RULES = replace(LOYALTY, policies=lambda _: (purchases(Promised(programme=NAME)),))
START = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
YEAR = timedelta(days=365)
TAKEN = f"SELECT coalesce(sum(next_seq - 1), 0) >= {PURCHASES} FROM consumer_position"
JUDGED = "SELECT count(*) FROM event WHERE type = 'fact-judged'"


async def loyalty_earn(at: Place) -> list[Figure]:
    """Measure one worker's policy, from Kafka to the lots and tiers of members, all of which are new to it."""
    await at.fresh_topics()
    await _sell(at)
    return [
        await measured(
            "loyalty_earn",
            "purchases/s",
            lambda: _earned(at),
            ">= 15,000, by the rules of a programme",
            "reading the same records, and doing nothing",
            lambda: read_only(at, CONTACT.topic, PURCHASES),
        )
    ]


async def _earned(at: Place) -> Found:
    """Return purchases a second of one worker, from Kafka to appended events, over a fresh database."""
    async with at.pool(LOYALTY, 8) as pool:
        await _publish(pool)
        consumer = consumer_of(BY_RULES, at, pool, "purchases")
        with at.span("loyalty_earn") as span:
            async with running(consumer.run):
                await until(pool, TAKEN)
        assert await pool.fetchval(JUDGED) == PURCHASES, "each purchase is judged by the programme's rules, once"
        events = await pool.fetchval("SELECT count(*) FROM event")
        return Found(PURCHASES / span.seconds, {**span.each(PURCHASES), "events": events / PURCHASES})


async def _publish(pool: asyncpg.Pool) -> None:
    document = document_of(read_programme(FILE))
    published = PROGRAMME.decide(Publish(document, START - YEAR, START), PROGRAMME.initial)
    stream, context = PROGRAMME.stream(NAME), Context(START, START)
    await PostgresEventStore(pool, LOYALTY.publishes).append(Append(stream, 0, stream, published, context))


async def _sell(at: Place) -> None:
    """Let contact's topic have the purchases, as its relay writes them."""
    async with at.pool(CONTACT, 8) as pool:
        store = PostgresEventStore(pool, CONTACT.publishes)
        sales = list(_sales())
        for start in range(0, PURCHASES, 1000):
            await store.append(*sales[start : start + 1000])
        relay = Relay(pool, CONTACT.name, CONTACT.topic, range(PARTITIONS), at.bootstrap_servers, Wakeup(pool))
        async with running(relay.run):
            await until(pool, "SELECT NOT EXISTS (SELECT FROM outbox)")
            await until(pool, "SELECT bool_and(acked_seq = next_seq - 1) FROM relay_partition")


def _sales() -> Iterator[Append]:
    """Yield a year's purchases, one after the other in time, each of any member."""
    dice = random.Random(6)  # noqa: S311 - what members buy; nothing secret
    for number in range(PURCHASES):
        member = UUID(int=2**96 + dice.randrange(MEMBERS))
        amount = Decimal(dice.randint(200, 15_000)).scaleb(-2)
        sale = PurchaseRecorded(member, "bench", str(number), amount, "EUR", 1, dice.choice(("web", "app")))
        at = START + YEAR * (number / PURCHASES)
        yield Append(f"purchase-bench-{number}", 0, str(member), [sale], Context(at, at))
