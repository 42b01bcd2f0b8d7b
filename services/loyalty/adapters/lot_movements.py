"""Reads what moved each cohort, month by month, as of any moment and as known at any other."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import asyncpg

from services.loyalty.domain.liability.cohort import Cohort, Moved, age, month_after
from services.loyalty.domain.programme.terms import EARLIEST
from services.loyalty.views.lots_issued import LOTS_ISSUED
from services.loyalty.views.lots_moved import LOTS_MOVED
from shared.http.moments import Asked

_ISSUED, _MOVED = LOTS_ISSUED.table.name, LOTS_MOVED.table.name
_COUNTS = """($1::timestamptz IS NULL OR occurred_at <= $1) AND ($2::timestamptz IS NULL OR recorded_at <= $2)"""

MOVED = f"""
WITH RECURSIVE part AS (
    SELECT customer_id, name AS lot_id, coalesce(giver, customer_id) AS owner, origin
    FROM {_MOVED}, jsonb_each_text(parts) AS of_lot(name, origin) WHERE parts <> '{{}}'
), root AS (
    SELECT * FROM part
    UNION ALL
    SELECT root.customer_id, root.lot_id, part.owner, part.origin
    FROM root JOIN part ON part.customer_id = root.owner AND part.lot_id = root.origin
), came_from AS (
    SELECT * FROM root WHERE NOT EXISTS
        (SELECT FROM part WHERE part.customer_id = root.owner AND part.lot_id = root.origin)
), exempt AS (
    SELECT customer_id FROM {_MOVED} WHERE exempts AND {_COUNTS}
), lot AS (
    SELECT customer_id, lot_id, width_bucket(issued_at, $3::timestamptz[]) AS issue,
           CASE WHEN customer_id NOT IN (SELECT customer_id FROM exempt) THEN lapses_at END AS lapses_at,
           currency, partner, money, occurred_at, points, price, goods, unit_price,
           row_number() OVER (PARTITION BY customer_id, sale, currency, partner, money ORDER BY event_id) = 1 AS first
    FROM {_ISSUED}
    WHERE {_COUNTS} AND ($4::text IS NULL OR currency = $4) AND ($5::text IS NULL OR partner = $5)
), named AS (
    SELECT customer_id, name AS lot_id, occurred_at, number::bigint AS redeemed, 0 AS reversed, 0 AS lost, 0 AS price
    FROM {_MOVED}, jsonb_each_text(redeemed) AS of_lot(name, number) WHERE {_COUNTS}
    UNION ALL
    SELECT customer_id, name, occurred_at, 0, number::bigint, 0, 0
    FROM {_MOVED}, jsonb_each_text(reversed) AS of_lot(name, number) WHERE reversed <> '{{}}' AND {_COUNTS}
    UNION ALL
    SELECT customer_id, name, occurred_at, 0, 0, number::bigint, 0
    FROM {_MOVED}, jsonb_each_text(forfeited) AS of_lot(name, number) WHERE forfeited <> '{{}}' AND {_COUNTS}
    UNION ALL
    SELECT customer_id, lot_id, occurred_at, 0, 0, 0, price FROM {_MOVED} WHERE lot_id <> '' AND {_COUNTS}
), taken AS (
    SELECT coalesce(owner, customer_id) AS customer_id, coalesce(origin, lot_id) AS lot_id,
           occurred_at, redeemed, reversed, lost, price
    FROM named LEFT JOIN came_from USING (customer_id, lot_id)
), hold AS (
    SELECT customer_id, held, held_until, bool_or(held = '{{}}') OVER (PARTITION BY customer_id, hold_id) AS ended
    FROM {_MOVED} WHERE hold_id <> '' AND {_COUNTS}
), kept AS (
    SELECT coalesce(owner, hold.customer_id) AS customer_id, coalesce(origin, name) AS lot_id, number::bigint AS points
    FROM hold CROSS JOIN jsonb_each_text(held) AS of_lot(name, number)
    LEFT JOIN came_from ON came_from.customer_id = hold.customer_id AND came_from.lot_id = name
    WHERE NOT ended AND (held_until IS NULL OR $6 < held_until)
), gone AS (
    SELECT customer_id, lot_id, sum(points) AS points
    FROM (SELECT customer_id, lot_id, redeemed + reversed + lost AS points FROM taken
          UNION ALL SELECT * FROM kept) AS all_of
    GROUP BY 1, 2
), booked AS (
    SELECT coalesce(owner, told.customer_id) AS customer_id, coalesce(origin, name) AS lot_id,
           occurred_at, number::bigint AS points
    FROM {_MOVED} AS told CROSS JOIN jsonb_each_text(lapsed) AS of_lot(name, number)
    LEFT JOIN came_from ON came_from.customer_id = told.customer_id AND came_from.lot_id = name
    WHERE lapsed <> '{{}}' AND {_COUNTS}
), moved AS (
    SELECT issue, currency, partner, money, occurred_at AS at,
           points AS issued, 0 AS redeemed, 0 AS reversed, 0 AS lapsed,
           CASE WHEN first OR unit_price IS NOT NULL THEN price ELSE 0 END AS price,
           CASE WHEN first THEN goods ELSE 0 END AS goods
    FROM lot
    UNION ALL
    SELECT issue, currency, partner, money, taken.occurred_at, 0, redeemed, reversed, lost,
           CASE WHEN unit_price IS NOT NULL THEN -reversed * unit_price WHEN first THEN taken.price ELSE 0 END,
           CASE WHEN unit_price IS NULL AND first THEN taken.price ELSE 0 END
    FROM taken JOIN lot USING (customer_id, lot_id)
    UNION ALL
    SELECT issue, currency, partner, money, lapses_at,
           0, 0, 0, greatest(0, lot.points - coalesce(gone.points, 0)), 0, 0
    FROM lot LEFT JOIN gone USING (customer_id, lot_id) WHERE lapses_at <= $6
    UNION ALL
    SELECT issue, currency, partner, money, booked.occurred_at, 0, 0, 0, booked.points, 0, 0
    FROM booked JOIN lot USING (customer_id, lot_id) WHERE lapses_at IS NULL
)
SELECT issue, currency, partner, money, width_bucket(at, $3::timestamptz[]),
       sum(issued), sum(redeemed), sum(reversed), sum(lapsed), sum(price), sum(goods)
FROM moved GROUP BY 1, 2, 3, 4, 5
"""
"""Points past their end have lapsed, booked by a timer or not, but for those that a hold keeps: so what is left of each
lot then is looked up. Where activity, an action or an exemption has a say in a lot's end, what is booked counts. What
moved a part of a lot counts with the lot that it came from, be it another member's. A sale's price counts once, with
the first of its lots."""

MUCH = "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"
"""All lots there are: sorted and hashed in memory; compiling the plan would take longer than carrying it out."""


async def movements_of_cohorts(
    pool: asyncpg.Pool, at: Asked, zone: str, currency: str | None = None, partner: str | None = None
) -> list[Moved]:
    """Return what moved the cohorts that meet the filters; months are those of `zone`.

    All of it is one statement, and so one snapshot of the views.
    """
    months = months_until(max(at.now, EARLIEST).astimezone(ZoneInfo(zone)).date())
    begins = [datetime(month.year, month.month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) for month in months]
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        await connection.execute(MUCH)
        rows = await connection.fetch(MOVED, at.as_of, at.known_at, begins, currency, partner, at.now)
    return [
        Moved(
            Cohort(months[max(0, issue - 1)], currency, partner, money),
            months[max(0, month - 1)],
            int(issued),
            int(redeemed),
            int(reversed_),
            int(lapsed),
            price,
            goods,
        )
        for issue, currency, partner, money, month, issued, redeemed, reversed_, lapsed, price, goods in rows
    ]


def months_until(day: date) -> Sequence[date]:
    """Return the months from 1970 to the day's, by their first days; others count as of the first or last."""
    first = date(EARLIEST.year, 1, 1)
    return [month_after(first, number) for number in range(age(first, day) + 1)]
