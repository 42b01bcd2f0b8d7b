"""The log of a quarter of a million purchases, as the ledger writes it: a few members, copied."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.commands import ReverseEarning
from services.loyalty.domain.ledger.decider import ACCOUNT, happened
from services.loyalty.domain.ledger.events import PointsEarned
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.programme.commands import Publish
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.programme.reading import document_of
from services.loyalty.domain.rules.fact import Fact, Line
from services.loyalty.views.lots_issued import lapses_at
from shared.events import encode
from shared.handle import Handler
from shared.store.contract import Context
from shared.store.partition import partition_of
from shared.store.postgres import PostgresEventStore

PATTERNS, COPIES, ORDERS = 1_000, 100, 10
PURCHASES = PATTERNS * COPIES * ORDERS
SINCE, UNTIL = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
RETURNED, LATE = 0.05, 0.02
FIRST = 1_000
"""The first position that copies take; before them the programme is published."""

SHOP = document_of(
    {
        "id": "shop",
        "name": "The shop",
        "zone": "Europe/Berlin",
        "currencies": [{"code": "points"}],
        "terms": {"points": {"pending_days": 14, "valid_months": 24}},
        "tiers": {"tiers": [{"name": "member", "threshold": 0}, {"name": "green", "threshold": 500}]},
        "earning": {
            "caps": [{"points": 5000, "window": "month"}],
            "rules": [
                {
                    "id": "one-per-euro",
                    "on": ["purchase"],
                    "effects": [
                        {
                            "type": "base",
                            "amount": {
                                "type": "per-amount",
                                "points": 1,
                                "counted": {"lines": {"except_categories": ["gift-cards"]}},
                            },
                        }
                    ],
                },
                {
                    "id": "books",
                    "on": ["purchase"],
                    "when": {"type": "bought", "lines": {"categories": ["books"]}},
                    "effects": [
                        {
                            "type": "add",
                            "amount": {"type": "per-item", "points": 10, "lines": {"categories": ["books"]}},
                        }
                    ],
                },
            ],
        },
    }
)
CATEGORIES = ("garden/tools", "garden", "household", "toys", "books", "gift-cards")

MADE = """
CREATE UNLOGGED TABLE bench_event (
    place bigint, pattern integer, version integer, type text, data text, occurred_at timestamptz,
    recorded_at timestamptz, lapses_at timestamptz
);
CREATE UNLOGGED TABLE bench_copy (pattern integer, copy integer, customer uuid, partition smallint);
ALTER TABLE event DROP CONSTRAINT event_pkey, DROP CONSTRAINT event_stream_id_version_key;
"""
INDEXED = "CREATE INDEX ON bench_copy (pattern); ANALYZE bench_copy; ANALYZE bench_event"
EVENTS = """
INSERT INTO event
SELECT $1 + e.place * $2 + c.copy, pg_current_xact_id(), 'account-' || c.customer, e.version, e.type, 1, c.partition,
       c.customer::text, replace(e.data, $3, c.customer::text)::jsonb, '{}', e.occurred_at, e.recorded_at
FROM bench_event e JOIN bench_copy c USING (pattern)
"""
LOTS = """
INSERT INTO lots_issued_v2
SELECT 'account-' || c.customer || '@' || e.version, c.customer, d.lot->>'lot_id', e.occurred_at, e.recorded_at,
       (d.lot->>'earned_at')::timestamptz, e.lapses_at, 'points', '', 'EUR', (d.lot->>'points')::bigint,
       concat(d.lot->>'source', ':', d.lot->>'order_id'), (d.lot->>'net')::numeric, (d.lot->>'net')::numeric, NULL
FROM bench_event e CROSS JOIN LATERAL (SELECT e.data::jsonb AS lot) AS d JOIN bench_copy c USING (pattern)
WHERE e.type = 'points-earned'
"""
STREAMS = """
INSERT INTO stream SELECT 'account-' || c.customer, e.version, c.partition
FROM bench_copy c JOIN (SELECT pattern, max(version) AS version FROM bench_event GROUP BY 1) e USING (pattern)
"""
WHOLE = "ALTER TABLE event ADD PRIMARY KEY (position), ADD UNIQUE (stream_id, version)"
AFTER = "SELECT setval('event_position', (SELECT max(position) FROM event))"
PATTERN = UUID(int=0)
"""Whose place each copy's customer takes."""


class Row(NamedTuple):
    """An event of a pattern."""

    recorded_at: datetime
    pattern: int
    version: int
    type: str
    data: str
    occurred_at: datetime
    lapses_at: datetime | None


async def fill(pool: asyncpg.Pool) -> None:
    """Fill the log, and the view of lots, with so many purchases; about one event in twenty is a return."""
    store = PostgresEventStore(pool, PUBLISHED)
    stream, context = PROGRAMME.stream(SHOP.id), Context(LONG_AGO, LONG_AGO)
    await Handler(store).handle(PROGRAMME, stream, Publish(SHOP, LONG_AGO, LONG_AGO), subject=stream, context=context)
    rows = sorted(_rows())
    copies = [
        (pattern, copy, customer, partition_of(str(customer)))
        for pattern in range(PATTERNS)
        for copy in range(COPIES)
        if (customer := _customer(pattern * COPIES + copy))
    ]
    connection: Any  # a pool gives out proxies of connections
    async with pool.acquire() as connection:
        await connection.execute(MADE)
        numbered = ((place, *row[1:6], row.recorded_at, row.lapses_at) for place, row in enumerate(rows))
        await connection.copy_records_to_table("bench_event", records=numbered)
        await connection.copy_records_to_table("bench_copy", records=copies)
        await connection.execute(INDEXED)
        await connection.execute(EVENTS, FIRST, COPIES, str(PATTERN), timeout=900)
        for statement in (STREAMS, LOTS, WHOLE, AFTER, "VACUUM (ANALYZE)"):
            await connection.execute(statement, timeout=900)


def _customer(number: int) -> UUID:
    """Return an id that spreads over an index as random ones do."""
    return UUID(int=(number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)


def _rows() -> Iterator[Row]:
    dice = random.Random(9)  # noqa: S311 - what members buy; nothing secret
    book = Rulebook(Programme((Version(1, LONG_AGO, SHOP),)))
    for pattern in range(PATTERNS):
        account, version = ACCOUNT.initial, 0
        for command in _commands(dice, book):
            for event in ACCOUNT.decide(command, account):
                account, version = ACCOUNT.evolve(account, event), version + 1
                name, ends = PUBLISHED.name_of(event), lapses_at(event) if isinstance(event, PointsEarned) else None
                occurred = happened(event) or command.now
                yield Row(command.now, pattern, version, name.type, encode(event).decode(), occurred, ends)


def _commands(dice: random.Random, book: Rulebook) -> Iterator[Judge | ReverseEarning]:
    """Yield what one member does in the quarter, in the order in which it is told."""
    orders = []
    for number in range(ORDERS):
        at = SINCE + (UNTIL - SINCE) * dice.random()
        told = at + timedelta(days=5 if dice.random() < LATE else 0, seconds=1)
        orders.append((told, Judge(PATTERN, _order(dice, number, at), book, told)))
    for _, judge in sorted(orders, key=lambda item: item[0]):
        yield judge
        if dice.random() < RETURNED:
            fact, later = judge.fact, judge.now + timedelta(seconds=1)
            back = (fact.source, fact.event_id, f"r{fact.event_id}", fact.amount / 2)
            yield ReverseEarning(PATTERN, *back, later, later, rulebook=book)


def _order(dice: random.Random, number: int, at: datetime) -> Fact:
    lines = tuple(
        Line(
            f"p{dice.randrange(5000)}",
            dice.choice(CATEGORIES),
            dice.randint(1, 2),
            Decimal(dice.randint(200, 6000)).scaleb(-2),
        )
        for _ in range(dice.choice((1, 1, 2, 3)))
    )
    amount = sum((line.amount for line in lines), Decimal(0))
    return Fact("purchase", "shop", f"{number:05d}", at, amount, "EUR", lines=lines, channel="web")
