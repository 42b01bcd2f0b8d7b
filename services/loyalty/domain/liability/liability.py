"""The contract liability of each cohort, and of all: what was paid for points that are still to be used.

Each cohort's allocated price and revenue are rounded to the cent, the liability is
their difference, and a total is the sum of its cohorts' cents: so every table adds up.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from services.loyalty.domain.liability.allocation import allocated, recognised, to_rate
from services.loyalty.domain.liability.assumptions import Assumptions
from services.loyalty.domain.liability.cohort import Cohort, Moved, Position, age, position
from services.loyalty.domain.liability.redemption import Estimate, estimate, learn, next_rate
from services.loyalty.domain.liability.triangle import Movements, Triangle
from services.loyalty.domain.money import to_cents


class Line(Struct, frozen=True):
    """One cohort's figures. allocated = revenue + liability; `initial_rate` shared the price, and stays as it was.

    `expected` points are to be redeemed in the end, by now's estimate. `low` and
    `high` bound the liability as the rate is bounded (None: no interval is known).
    """

    cohort: Cohort
    position: Position
    initial_rate: Decimal
    rate: Decimal
    method: str
    expected: Decimal
    allocated: Decimal
    revenue: Decimal
    liability: Decimal
    rate_low: Decimal | None = None
    rate_high: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


Assumed = Callable[[str, date], Assumptions]
"""What the programme assumes of a currency's points in a month."""


def lines(moved: Iterable[Moved], until: date, assumed: Assumed) -> list[Line]:
    """Return the lines of all cohorts, in the order of their names, from all that moved them.

    Months before `until` are over and teach the rates; what `until` itself has
    seen so far counts as moved. What was assumed in the month of issue shares the
    price; what is assumed in `until` only changes what is expected now.
    """
    pools: dict[tuple[str, str], list[Moved]] = defaultdict(list)
    for item in moved:
        pools[item.cohort.currency, item.cohort.partner].append(item)
    found = [line for items in pools.values() for line in _pool(items, until, assumed)]
    return sorted(found, key=lambda line: line.cohort)


def _pool(moved: Sequence[Moved], until: date, assumed: Assumed) -> Iterator[Line]:
    """Yield the lines of one currency and partner, who share one experience."""
    movements = Movements(moved)
    currency = moved[0].cohort.currency
    seen, assumed_now = movements.triangle(until), assumed(currency, until)
    known = learn(seen, assumed_now.ages)
    cohorts: dict[Cohort, list[Moved]] = defaultdict(list)
    for item in moved:
        cohorts[item.cohort].append(item)
    then = {month: assumed(currency, month) for month in {cohort.month for cohort in cohorts}}
    first = {month: _initial(movements.triangle(month), then[month]) for month in then}
    for cohort, items in cohorts.items():
        row = age(seen.first, cohort.month) if cohort.month >= seen.first else -1
        now = estimate(known, seen, row, float(assumed_now.redemption))
        yield _line(cohort, position(items), first[cohort.month], now, then[cohort.month].value_in(cohort.money))


def _initial(before: Triangle, assumed: Assumptions) -> Decimal:
    """Return the rate that was expected of points when their month began: later months never change it."""
    return to_rate(next_rate(learn(before, assumed.ages), float(assumed.redemption)))


def _line(cohort: Cohort, at: Position, initial: Decimal, now: Estimate, value: Decimal) -> Line:
    share = allocated(at.price, at.goods, at.points * initial * value)
    cents = to_cents(share, cohort.money)

    def owed(rate: Decimal) -> tuple[Decimal, Decimal]:
        expected = possible(at, rate)
        return expected, cents - to_cents(recognised(share, at.redeemed, expected), cohort.money)

    rate = to_rate(now.rate)
    expected, liability = owed(rate)
    low, high = (None if bound is None else to_rate(bound) for bound in (now.low, now.high))
    return Line(
        cohort,
        at,
        initial,
        rate,
        now.method,
        expected,
        cents,
        cents - liability,
        liability,
        low,
        high,
        None if low is None else owed(low)[1],
        None if high is None else owed(high)[1],
    )


def possible(at: Position, rate: Decimal) -> Decimal:
    """Return how many points a rate lets expect in the end: no fewer than were redeemed, no more than still can be."""
    return min(max(rate * at.points, Decimal(max(0, at.redeemed))), Decimal(max(0, at.redeemed) + at.outstanding))
