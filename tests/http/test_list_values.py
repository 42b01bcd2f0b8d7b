"""A list's query is taken, or refused by the name of its parameter: PostgreSQL is never asked what it can't answer."""

from datetime import date
from typing import Any

import pytest
from itsdangerous import URLSafeSerializer

from services.loyalty.api.settlements import SETTLEMENT_LIST
from services.scoring.api.scores import SCORE_LIST
from services.tickets.api.lists import TICKETS
from shared.errors import Invalid
from shared.http.pages import Listing, _Asked
from tests.fuzzing.requests import SETTINGS, call


def refused(listing: Listing, name: str, value: str) -> bool:
    """Tell whether the list refuses the value, and names the parameter."""
    with pytest.raises(Invalid) as caught:
        _Asked.of(call(query=f"{name}={value}".encode()), listing)
    return [field for field, _ in caught.value.problems] == [name]


@pytest.mark.parametrize("size", ["\u00b2", "0", "201", "9" * 5000, "-1", "1.0", ""])
def test_a_size_that_is_no_number_in_bounds_is_refused(size: str) -> None:
    assert refused(TICKETS, "page[size]", size)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("promises_broken", "2147483648"),
        ("promises_broken", "9" * 5000),
        ("category", "a%00b"),
        ("received_at", "0001-01-01T00:00:00%2B14:00"),
        ("received_at", "9999-12-31T23:59:59-14:00"),
        ("received_at", "2026-01-01T00:00:00"),
        ("invented", "yes"),
        ("customer_id", "anna"),
    ],
)
def test_a_value_that_a_ticket_never_has_is_refused(column: str, value: str) -> None:
    assert refused(TICKETS, f"filter[{column}]", value)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("value", "NaN"),
        ("value", "-Infinity"),
        ("value", "1e999999"),
        ("value", "1e-999999"),
        ("frequency", "-2147483649"),
        ("probability_alive", "nan"),
        ("probability_alive", "inf"),
    ],
)
def test_a_number_that_a_score_never_has_is_refused(column: str, value: str) -> None:
    assert refused(SCORE_LIST, f"filter[{column}]", value)


@pytest.mark.parametrize("day", ["2026-02-30", "2026-W01-1", "20260101", "2026-01-01T00:00:00Z", "january"])
def test_a_day_that_isnt_written_as_one_is_refused(day: str) -> None:
    assert refused(SETTLEMENT_LIST, "filter[month]", day)


def test_a_day_is_compared_as_a_day() -> None:
    asked = _Asked.of(call(query=b"filter[month][gte]=2026-02-01"), SETTLEMENT_LIST)
    assert [*asked.filters] == [("month", "gte", date(2026, 2, 1))]


@pytest.mark.parametrize("said", [0, [], None, "x", {"a": 1}, ["-received_at", 7, {}], ["-received_at", "x", "y"]])
def test_a_cursor_that_says_something_else_is_refused_though_we_signed_it(said: Any) -> None:
    signer = URLSafeSerializer(SETTINGS.cursor_secret.get_secret_value(), salt=TICKETS.view.name)
    assert refused(TICKETS, "page[after]", signer.dumps(said))
