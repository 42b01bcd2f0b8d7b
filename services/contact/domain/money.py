"""Which currencies there are, and how finely each is divided (ISO 4217, by the tables of CLDR)."""

from decimal import Decimal

from babel.core import get_global
from babel.numbers import get_currency_precision

LARGEST = Decimal(10) ** 15
"""Amounts stay below this, so that sums of millions of them stay exact wherever they are added up."""

_DIGITS = {code: get_currency_precision(code) for code in get_global("all_currencies")}


def fault_in(amount: Decimal, currency: str) -> tuple[str, str] | None:
    """Return (field, message) for what is wrong with an amount of money, or None."""
    digits = _DIGITS.get(currency)
    if digits is None:
        return "currency", "must be the three-letter code of a currency (ISO 4217), such as EUR"
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int):
        return "amount", "must be a number"
    if -exponent > digits:
        return "amount", f"has more than the {digits} decimals of {currency}"
    if not 0 <= amount < LARGEST:
        return "amount", f"must be at least 0 and below {LARGEST:.0f}"
    return None
