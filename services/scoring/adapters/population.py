"""Reads the whole population of one currency into arrays."""

from datetime import date
from uuid import UUID

import asyncpg
import numpy as np

from services.scoring.domain.measures import Population

READ = """
SELECT customer_id, (revenue * 100)::bigint, transaction_days, first_day, last_day
FROM customer_value WHERE currency = $1 AND first_day IS NOT NULL AND first_day <= $2 ORDER BY customer_id
"""
LAST_DAY = "SELECT max(last_day) FROM customer_value WHERE currency = $1"


async def last_day(pool: asyncpg.Pool, currency: str) -> date | None:
    """Return the last day with a purchase in this currency; None when there is none."""
    ordinal = await pool.fetchval(LAST_DAY, currency)
    return None if ordinal is None else date.fromordinal(ordinal)


async def population(pool: asyncpg.Pool, currency: str, observed_until: date) -> Population:
    """Return every customer who had bought by `observed_until`, in the order of their ids."""
    rows = await pool.fetch(READ, currency, observed_until.toordinal())
    ids, cents, days, first, last = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return Population(
        [UUID(int=item.int) for item in ids],
        np.array(cents, dtype=np.int64),
        np.array(days, dtype=np.float64),
        np.array(first, dtype=np.float64),
        np.array(last, dtype=np.float64),
    )
