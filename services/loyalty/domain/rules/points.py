"""Amounts, compiled: functions from a situation, and the base of its currency, to points."""

from bisect import bisect_right
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TypeAlias, assert_never

from services.loyalty.domain.rules.amounts import Amount, Fixed, PerAmount, PerItem, PerUnit, Share, Steps
from services.loyalty.domain.rules.counting import counted_items, counted_money
from services.loyalty.domain.rules.fact import Value
from services.loyalty.domain.rules.situation import SCALE, TOO_LARGE, Situation, millionths

Points: TypeAlias = Callable[[Situation, int], int]


def points_of(amount: Amount) -> Points:
    """Return the function to points. None of them shrinks when the amount grows, or grows with a return."""
    match amount:
        case PerAmount():
            return _per_amount(amount)
        case Fixed(points):
            return lambda _, __: points
        case PerItem(points, lines):
            items = counted_items(lines)
            return lambda s, _: points * (items(s) * s.kept // s.whole)
        case PerUnit():
            return _per_unit(amount)
        case Steps():
            return _by_steps(amount)
        case Share(share):
            part = millionths(share)
            return lambda _, base: base * part // SCALE
        case _:
            assert_never(amount)


def number_of(value: Value | None) -> Decimal | None:
    """Return an attribute as a number; None where it is none, negative or out of all proportion."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number < TOO_LARGE else None


def _per_amount(amount: PerAmount) -> Points:
    money, points, each = counted_money(amount.counted), amount.points, millionths(amount.each)
    return lambda s, _: points * (money(s) * s.kept // (s.whole * each))


def _per_unit(amount: PerUnit) -> Points:
    name, points, each = amount.attribute, amount.points, millionths(amount.each)

    def of_units(situation: Situation, _: int) -> int:
        units = millionths(number_of(situation.fact.attributes.get(name)) or Decimal(0))
        return points * (units * situation.kept // (situation.whole * each))

    return of_units


def _by_steps(amount: Steps) -> Points:
    money = counted_money(amount.counted)
    edges = [millionths(step.at_least) for step in amount.steps]
    points = [0, *(step.points for step in amount.steps)]
    return lambda s, _: points[bisect_right(edges, money(s) * s.kept // s.whole)]
