"""Values as JSON and RFC 3339 write them: nothing is guessed from a number, a word or a count of seconds."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Strict

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")


def _written_moment(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.match(value)):
        return value
    raise ValueError("must be a time with a zone (RFC 3339), such as 2026-01-05T09:30:00Z")


def _written_day(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("must be a day (RFC 3339), such as 2026-01-05")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be a moment of the calendar in UTC, too") from None


Written = Annotated[AwareDatetime, BeforeValidator(_written_moment)]
"""A time with a zone, as it was written; it may be no moment in UTC, and can then only be compared."""

Moment = Annotated[AwareDatetime, BeforeValidator(_written_moment), AfterValidator(_in_utc)]
"""A time with a zone, in UTC."""

Day = Annotated[date, BeforeValidator(_written_day)]
"""A day."""


def _written_number(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise ValueError("must be a whole number")  # noqa: TRY004 - pydantic names the field of a ValueError
    return value


Flag = Annotated[bool, Strict()]
"""true or false."""

WRITTEN_NUMBER = BeforeValidator(_written_number)
"""What makes an int a whole number as JSON writes it; the last of its annotations, so that its bounds are described."""

Whole = Annotated[int, WRITTEN_NUMBER]
"""A whole number, also where it is written as 2.0."""
