"""A fault of a rule set: where it stands, in which rule, and what is wrong with it."""

from collections.abc import Collection
from decimal import Decimal

from msgspec import Struct

from services.loyalty.domain.rules.situation import TOO_LARGE
from services.loyalty.domain.rules.trace import LARGEST

DECIMALS = 6
"""Money and rates are reckoned in whole millionths."""


class Fault(Struct, frozen=True):
    """`at` is a JSON pointer into the document, `rule` the id of the rule concerned ("": none)."""

    at: str
    rule: str
    says: str


class Known(Struct, frozen=True):
    """What rules may refer to (None: not known here, so anything), and the most that a tier multiplies the base by."""

    points_currencies: Collection[str] = ("points",)
    tiers: Collection[str] | None = None
    partners: Collection[str] | None = None
    multiplier: Decimal = Decimal(1)


class Faults:
    """Collects the faults of one rule."""

    def __init__(self, rule: str, known: Known) -> None:
        self.rule = rule
        self.known = known
        self.found: list[Fault] = []

    def say(self, at: str, says: str) -> None:
        """Note a fault."""
        self.found.append(Fault(at, self.rule, says))

    def unless(self, fine: object, at: str, says: str) -> None:
        """Note a fault unless it is fine."""
        if not fine:
            self.say(at, says)

    def points_currency(self, at: str, currency: str) -> None:
        """Check that the programme has this currency."""
        self.unless(
            currency in self.known.points_currencies,
            f"{at}/points_currency",
            f"refers to the points currency {currency}, which the programme doesn't declare",
        )

    def points(self, at: str, points: int) -> None:
        """Check points that are given: at least one, and a 64-bit integer."""
        self.unless(1 <= points <= LARGEST, at, "must be at least 1 point, and below 2^63")

    def money(self, at: str, amount: Decimal | None, *, positive: bool = False) -> None:
        """Check an amount of money, or a rate."""
        if amount is None:
            return
        if not amount.is_finite() or amount < 0 or (positive and not amount):
            self.say(at, "must be a number above 0" if positive else "must be a number, 0 or above")
        elif amount >= TOO_LARGE:
            self.say(at, "must be below 10^15")
        elif amount != round(amount, DECIMALS):
            self.say(at, f"must have at most {DECIMALS} decimals")
