"""Time travel in routes: `as_of` (what had happened by then) and `known_at` (what we had been told by then)."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from shared.errors import Invalid
from shared.http.kit import kit_of
from shared.store.contract import Moment

AS_OF, KNOWN_AT = "as_of", "known_at"
PARAMETERS = (AS_OF, KNOWN_AT)
_FORMAT: dict[str, Any] = {"format": "date-time"}
_HAPPENED, _RECORDED = (
    Query(json_schema_extra=_FORMAT, max_length=64, description=said)
    for said in (
        "What had happened by this time (RFC 3339, with a zone); now by default.",
        "What had been recorded by this time; all that is known by default.",
    )
)


class Asked(Moment, frozen=True, kw_only=True):
    """The moment that a read asks about, and `now`, by which its answer is judged: `as_of`, else the present."""

    now: datetime


async def _asked(
    request: Request,
    as_of: Annotated[str | None, _HAPPENED] = None,
    known_at: Annotated[str | None, _RECORDED] = None,
) -> Asked:
    now = kit_of(request.app).clock()
    faults: list[tuple[str, str]] = []
    happened, known = (_time(name, text, now, faults) for name, text in ((AS_OF, as_of), (KNOWN_AT, known_at)))
    if faults:
        raise Invalid(faults)
    return Asked(happened, known, now=happened or now)


def _time(name: str, text: str | None, now: datetime, faults: list[tuple[str, str]]) -> datetime | None:
    if text is None:
        return None
    found: datetime | None = None
    with suppress(ValueError, OverflowError):
        read = datetime.fromisoformat(text)
        found = read.astimezone(UTC) if read.tzinfo else None
    if found is None:
        faults.append((name, "must be a time with a zone (RFC 3339), such as 2026-01-05T09:30:00Z"))
    elif found > now:
        faults.append((name, "lies in the future: nothing is known of it yet"))
    return found


def asks_about_the_past(request: Request) -> bool:
    """Tell whether a request names a moment."""
    return any(name in request.query_params for name in PARAMETERS)


At = Annotated[Asked, Depends(_asked)]
"""A route's parameter: `at: At` reads and checks both times."""
