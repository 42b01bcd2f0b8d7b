"""By which programme's document the points of a month are valued, where several programmes may have issued them."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.liability.of_programme import assumed_by
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.points_currency import PointsCurrency, Value
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.programme.promises import Promises
from tests.loyalty.programmes import SHOP, month

NONE = structs.replace(SHOP, id="", currencies=(PointsCurrency("points", value=Value(Decimal(9), "EUR")),))


def promised(name: str, **worth: str) -> Promises:
    """A programme, from 15 January on, whose currencies are worth this; from 15 March on it has miles, too."""
    first = _document(name, worth)
    then = _document(name, {**worth, "miles": "0.5"})
    return Promises(NONE, name, Programme((Version(1, month(1, 15), first), Version(2, month(3, 15), then))))


def _document(name: str, worth: dict[str, str]) -> Document:
    currencies = tuple(PointsCurrency(code, value=Value(Decimal(value), "EUR")) for code, value in worth.items())
    return structs.replace(SHOP, id=name, currencies=currencies)


@pytest.mark.parametrize(
    ("code", "of", "value"),
    [
        ("points", 2, "1"),  # the usual programme comes first, whatever the others say of the same currency
        ("stars", 2, "3"),  # who declares it, wherever they stand
        ("gems", 2, "1"),  # nobody does: as the usual programme's main currency
        ("miles", 2, "1"),  # nobody did as the month began
        ("miles", 3, "1"),  # nor in March, whose middle brought it
        ("miles", 4, "0.5"),
        ("points", 1, "1"),  # in the month in which it begins, its first version
        ("points", 0, "9"),  # before that the built-in one
    ],
)
def test_points_are_valued_by_the_first_programme_that_declares_them_as_their_month_begins(
    code: str, of: int, value: str
) -> None:
    those = (promised("zoo", points="1"), promised("air", points="2", stars="3"))
    begun = date(2026, of, 1) if of else date(2025, 12, 1)
    assert assumed_by(those, "UTC")(code, begun).value == Decimal(value)
