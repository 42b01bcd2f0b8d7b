"""A point currency that a programme declares: what its points are for, what one is worth, and how many are used."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

Kind = Literal["spendable", "qualifying"]

USUAL_WORTH = Decimal("0.01")
"""What a point is worth where the programme doesn't say so, in the money of the sale that it was issued with."""

USUAL_REDEMPTION = Decimal("0.8")
"""The part of all points that is expected to be redeemed where the programme doesn't say so."""


class Value(Struct, frozen=True, forbid_unknown_fields=True):
    """What one point is worth, in an ISO currency."""

    amount: Decimal
    currency: str


class PointsCurrency(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Spendable points pay for rewards; qualifying ones count towards a tier, and can't be spent.

    For the liability, a redeemed point is worth `value`; of one that was issued with
    a sale in another money, what `also_worth` says in that money, else the same
    number. `expected_redemption` is the part of all points that is expected to be redeemed,
    until history shows it.
    """

    code: str
    kind: Kind = "spendable"
    name: str = ""
    value: Value | None = None
    also_worth: tuple[Value, ...] = ()
    expected_redemption: Decimal = USUAL_REDEMPTION
