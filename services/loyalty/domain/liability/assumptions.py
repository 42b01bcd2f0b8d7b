"""What a programme assumes of a currency's points: their value, how many are used, and for how long they can be."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct


class Assumptions(Struct, frozen=True):
    """The stand-alone value of a redeemed point, the redemption rate until history knows better, and the lifetime.

    `values` are by ISO currency; `value` is meant where a sale's money isn't among
    them. `ages` is the age in months at which the last points lapse; None: never.
    """

    value: Decimal
    redemption: Decimal
    ages: int | None = None
    values: Mapping[str, Decimal] = {}

    def value_in(self, money: str) -> Decimal:
        """Return what a point is worth in a money."""
        return self.values.get(money, self.value)
