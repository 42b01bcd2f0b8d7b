"""A cohort: the points that were issued in one month, in one currency, for one partner, beside sales in one money."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct


class Cohort(Struct, frozen=True, order=True):
    """Its name: the first day of the month of issue, the points' currency, the partner ("" for none), an ISO money."""

    month: date
    currency: str
    partner: str
    money: str


class Moved(Struct, frozen=True):
    """What one month did to a cohort's points, and to the price of the sales that issued them.

    `price` is what customers paid, `goods` what the goods alone would sell for;
    returns make both smaller. `redeemed` is what left the lots for use, less what
    came back. All of them are differences, and add up.
    """

    cohort: Cohort
    month: date
    issued: int = 0
    redeemed: int = 0
    reversed: int = 0
    lapsed: int = 0
    price: Decimal = Decimal(0)
    goods: Decimal = Decimal(0)


class Position(Struct, frozen=True):
    """What a cohort has come to: the sums of what moved it."""

    issued: int = 0
    redeemed: int = 0
    reversed: int = 0
    lapsed: int = 0
    price: Decimal = Decimal(0)
    goods: Decimal = Decimal(0)

    @property
    def points(self) -> int:
        """Points that were issued and not taken back with the goods."""
        return max(0, self.issued - self.reversed)

    @property
    def outstanding(self) -> int:
        """Points that may still be redeemed."""
        return max(0, self.points - self.redeemed - self.lapsed)


def position(moved: Iterable[Moved]) -> Position:
    """Return what the months made of a cohort."""
    items = list(moved)
    return Position(
        sum(item.issued for item in items),
        sum(item.redeemed for item in items),
        sum(item.reversed for item in items),
        sum(item.lapsed for item in items),
        sum((item.price for item in items), Decimal(0)),
        sum((item.goods for item in items), Decimal(0)),
    )


def age(issued: date, month: date) -> int:
    """Return how many months after `issued` a month is; what is told to have happened before it counts as of it."""
    return max(0, (month.year - issued.year) * 12 + month.month - issued.month)


def month_after(issued: date, months: int) -> date:
    """Return the month that is `months` later, or earlier where negative."""
    years, month = divmod(issued.month - 1 + months, 12)
    return date(issued.year + years, month + 1, 1)
