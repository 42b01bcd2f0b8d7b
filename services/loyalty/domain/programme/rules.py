"""The earning rule: how many points an amount of money earns, by the version that was in force at the purchase."""

from collections.abc import Callable, Mapping
from decimal import ROUND_FLOOR, Decimal

from msgspec import Struct


class Rule(Struct, frozen=True):
    """A rule's name and version, its sentence for people, and its function from net amount to points."""

    name: str
    version: int
    sentence: str
    points: Callable[[Decimal], int]


def _whole_units(net: Decimal) -> int:
    return int(net.to_integral_value(rounding=ROUND_FLOOR))


RULES: Mapping[int, Rule] = {
    1: Rule(
        "one-per-whole-unit", 1, "One point for each whole unit of the currency, over the order's total.", _whole_units
    )
}
"""Every version that was ever in force: a return is computed with the version of its purchase."""

CURRENT = RULES[max(RULES)]
