"""A point currency that a programme declares: what its points are for, and what one of them is worth."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

Kind = Literal["spendable", "qualifying"]


class Value(Struct, frozen=True, forbid_unknown_fields=True):
    """What one point is worth, in an ISO currency."""

    amount: Decimal
    currency: str


class PointsCurrency(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Spendable points pay for rewards; qualifying ones count towards a tier, and can't be spent."""

    code: str
    kind: Kind = "spendable"
    name: str = ""
    value: Value | None = None
