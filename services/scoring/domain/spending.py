"""A customer's spending day by day: small, sorted, and the same in whatever order the facts come."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from babel.numbers import get_currency_precision
from msgspec import Struct

UNITS = 10_000
"""Amounts are kept as integers, 1 / 10,000 of the currency: as fine as any currency of ISO 4217 needs."""

_SCALE = 4


class Day(Struct, frozen=True, array_like=True):
    """One day: its proleptic ordinal, what was paid less what was paid back (units), and the number of purchases."""

    day: int
    units: int
    purchases: int


class Totals(NamedTuple):
    """What the days come to; `first_day` and `last_day` are days with a purchase, None without one."""

    units: int
    purchases: int
    transaction_days: int
    first_day: int | None
    last_day: int | None


def units(amount: Decimal) -> int:
    """Return the amount in units."""
    return int(amount.scaleb(_SCALE))


def money(amount: int, currency: str) -> Decimal:
    """Return units as an amount with as many decimals as the currency has."""
    return Decimal(amount).scaleb(-_SCALE).quantize(Decimal(1).scaleb(-get_currency_precision(currency)))


def with_fact(days: tuple[Day, ...], day: int, amount: int, purchases: int) -> tuple[Day, ...]:
    """Return the days with one more fact; most are of the last day or later, so it is looked for from the end."""
    place = len(days)
    while place and days[place - 1].day > day:
        place -= 1
    if not place or days[place - 1].day < day:
        return (*days[:place], Day(day, amount, purchases), *days[place:])
    known = days[place - 1]
    return (*days[: place - 1], Day(day, known.units + amount, known.purchases + purchases), *days[place:])


def together(histories: Iterable[Sequence[Day]]) -> tuple[Day, ...]:
    """Return the days of customers who are one; a day on which several of them bought is one day."""
    days: dict[int, Day] = {}
    for item in chain.from_iterable(histories):
        known = days.get(item.day, Day(item.day, 0, 0))
        days[item.day] = Day(item.day, known.units + item.units, known.purchases + item.purchases)
    return tuple(days[day] for day in sorted(days))


def totals(days: Sequence[Day], until: int) -> Totals:
    """Return what the days up to and with `until` come to."""
    seen = [item for item in days if item.day <= until]
    bought = [item.day for item in seen if item.purchases]
    first, last = (bought[0], bought[-1]) if bought else (None, None)
    return Totals(sum(item.units for item in seen), sum(item.purchases for item in seen), len(bought), first, last)
