"""What is agreed with a partner: the prices of a point, in which money, and whether points are paid for in advance."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from services.loyalty.domain.money import is_currency

Kind = Literal["accrual", "redemption"]
"""Points that the partner's customers earn, which it pays for; points that they redeem there, which it is paid for."""

HIGHEST = Decimal(10) ** 6


class Price(Struct, frozen=True, omit_defaults=True):
    """What one point costs from the first moment of the day `since` on, in the agreement's zone."""

    kind: Kind
    since: date
    unit_price: Decimal
    points_currency: str = "points"


class Agreement(Struct, frozen=True, omit_defaults=True):
    """`prepaid` partners buy packs of points, from which accruals are taken, and which `overdraft` points may exceed.

    Statements are of the months of `zone`, in `money` (ISO 4217).
    """

    name: str
    money: str
    prices: tuple[Price, ...]
    prepaid: bool = False
    overdraft: int = 0
    zone: str = "UTC"

    def price_at(self, kind: Kind, points_currency: str, at: datetime) -> Price | None:
        """Return the price that is in force; None where none is agreed yet."""
        day = at.astimezone(ZoneInfo(self.zone)).date()
        return next(
            (
                price
                for price in reversed(self.prices)
                if (price.kind, price.points_currency) == (kind, points_currency) and price.since <= day
            ),
            None,
        )

    def month_of(self, at: datetime) -> date:
        """Return the first day of the month in which a moment lies."""
        return at.astimezone(ZoneInfo(self.zone)).date().replace(day=1)


def faults(agreement: Agreement) -> Iterator[tuple[str, str]]:
    """Yield (field, message) for all that is wrong with an agreement."""
    if not agreement.name.strip():
        yield "name", "must say who the partner is"
    if not is_currency(agreement.money):
        yield "money", "must be the three-letter code of a currency (ISO 4217), such as EUR"
    if not _is_zone(agreement.zone):
        yield "zone", "must be a time zone, such as Europe/Berlin"
    if agreement.overdraft < 0:
        yield "overdraft", "must not be negative"
    if agreement.overdraft and not agreement.prepaid:
        yield "overdraft", "is for prepaid points only"
    if not agreement.prices:
        yield "prices", "must hold a price at least"
    yield from _faults_in(agreement.prices)


def _faults_in(prices: tuple[Price, ...]) -> Iterator[tuple[str, str]]:
    for number, price in enumerate(prices):
        if not 0 <= price.unit_price < HIGHEST:
            yield f"prices[{number}].unit_price", f"must be at least 0 and below {HIGHEST:.0f}"
    for number, (earlier, later) in enumerate(pairwise(sorted(prices, key=_series)), 1):
        if _series(earlier) == _series(later):
            yield "prices", f"{later.kind} of {later.points_currency} has two prices since {later.since}"
        elif _series(earlier)[:2] == _series(later)[:2] and prices.index(earlier) > prices.index(later):
            yield f"prices[{number}].since", f"{later.kind} prices must be in the order of their days"


def _series(price: Price) -> tuple[str, str, date]:
    return price.kind, price.points_currency, price.since


def _is_zone(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
