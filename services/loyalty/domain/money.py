"""Money: amounts are decimals, divided as finely as their currency is (ISO 4217, by the tables of CLDR)."""

from decimal import ROUND_HALF_UP, Decimal

from babel.core import get_global
from babel.numbers import get_currency_precision

_DIGITS = {code: get_currency_precision(code) for code in get_global("all_currencies")}


def is_currency(code: str) -> bool:
    """Tell whether there is such a currency."""
    return code in _DIGITS


def to_cents(amount: Decimal, money: str) -> Decimal:
    """Round, halves away from zero, to the smallest unit of a currency: to cents in most, and where it is unknown."""
    return amount.quantize(Decimal(1).scaleb(-_DIGITS.get(money, 2)), ROUND_HALF_UP)
