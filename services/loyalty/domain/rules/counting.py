"""What of an order counts, compiled: functions from a situation to money in millionths, and to items."""

from collections.abc import Callable
from typing import TypeAlias

from services.loyalty.domain.rules.counted import Counted, Lines
from services.loyalty.domain.rules.fact import Line
from services.loyalty.domain.rules.situation import Situation, millionths

Reckoning: TypeAlias = Callable[[Situation], int]


def counted_money(counted: Counted) -> Reckoning:
    """Return the function from a situation to the money that counts, before any return."""
    part = _part_that_counts(counted)
    if counted.lines == Lines():
        return part
    total = _total(counted.lines)

    def of_lines(situation: Situation) -> int:
        if not situation.amount:
            return 0
        return total(situation) * part(situation) // situation.amount

    return of_lines


def counted_items(lines: Lines) -> Reckoning:
    """Return the function from a situation to the number of items of these lines."""
    among = is_among(lines)
    return lambda situation: sum(line.quantity for line in situation.fact.lines if among(line))


def is_among(lines: Lines) -> Callable[[Line], bool]:
    """Return whether a line is meant."""
    wanted = _named(lines.products, lines.categories)
    unwanted = _named(lines.except_products, lines.except_categories)
    if not lines.products and not lines.categories:
        return lambda line: not unwanted(line)
    return lambda line: wanted(line) and not unwanted(line)


def _named(products: tuple[str, ...], categories: tuple[str, ...]) -> Callable[[Line], bool]:
    named, below = frozenset(products), tuple(f"{category}/" for category in categories)
    return lambda line: line.product in named or f"{line.category}/".startswith(below)


def _total(lines: Lines) -> Reckoning:
    """Return the total of these lines; where only exceptions are named, the amount less those."""
    if lines.products or lines.categories:
        among = is_among(lines)
        return lambda s: min(s.amount, sum(millionths(line.amount) for line in s.fact.lines if among(line)))
    unwanted = _named(lines.except_products, lines.except_categories)
    return lambda s: max(0, s.amount - sum(millionths(line.amount) for line in s.fact.lines if unwanted(line)))


def _part_that_counts(counted: Counted) -> Reckoning:
    with_tax, with_points = counted.tax == "included", counted.paid_with_points == "included"
    if with_tax and with_points:
        return lambda s: s.amount
    if with_tax:
        return lambda s: max(0, s.amount - s.excluded)
    if with_points:
        return lambda s: max(0, s.amount - millionths(s.fact.tax))
    return lambda s: max(0, s.amount - s.excluded - millionths(s.fact.tax))
