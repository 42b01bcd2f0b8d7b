"""A value is taken as JSON and RFC 3339 write it: nothing is guessed from a count of seconds, a word or a number."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.http.written import Day, Flag, Moment, Whole


def refused(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize(
    "value",
    [0, 0.5, "0", "1767605400", True, "2026-01-05", "2026-01-05T09:30:00", "0001-01-01T00:00:00+14:00", "yesterday"],
)
def test_what_is_no_moment_is_refused(value: object) -> None:
    assert refused(Moment, value)


def test_a_moment_is_taken_in_utc() -> None:
    assert TypeAdapter(Moment).validate_python("2026-01-05T09:30:00+02:00").isoformat() == "2026-01-05T07:30:00+00:00"


@pytest.mark.parametrize("value", [0, "0", 20260105, "2026-01-05T09:30:00Z", "05.01.2026", None])
def test_what_is_no_day_is_refused(value: object) -> None:
    assert refused(Day, value)
    assert not refused(Day, "2026-01-05")


@pytest.mark.parametrize("value", [0, 1, "true", "0", "yes", None])
def test_what_is_neither_true_nor_false_is_refused(value: object) -> None:
    assert refused(Flag, value)
    assert not refused(Flag, True)


@pytest.mark.parametrize("value", [True, "5", 5.5, None])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    assert refused(Whole, value)
    assert TypeAdapter(Whole).validate_python(5.0) == 5
