"""How a price is shared between goods and points, and which part of the points' share is revenue by now.

IFRS 15, paragraphs 74 (relative stand-alone selling prices), B39-B42 (a material
right, priced by the likelihood that it is used) and B46 (expected breakage is
revenue in proportion to what customers use); Illustrative Example 52.
"""

from decimal import Decimal

RATE = Decimal("0.000001")
"""Rates count to six places, so that an answer can be computed again from what it shows."""


def allocated(price: Decimal, goods: Decimal, points: Decimal) -> Decimal:
    """Return the part of `price` that is paid for points, where `goods` and `points` are stand-alone selling prices."""
    return max(Decimal(0), price) * points / (goods + points) if points > 0 else Decimal(0)


def recognised(share: Decimal, redeemed: int, expected: Decimal) -> Decimal:
    """Return the revenue by now of the points' `share`: by what was redeemed of what will be; all if nothing will."""
    return share * min(Decimal(1), max(0, redeemed) / expected) if expected > 0 else share


def to_rate(rate: float) -> Decimal:
    """Return an estimated rate as a decimal between 0 and 1."""
    return Decimal(min(1.0, max(0.0, rate))).quantize(RATE)
