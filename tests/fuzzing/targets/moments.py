"""`as_of` and `known_at`: a fault, or a moment of the past that PostgreSQL knows."""

from datetime import UTC

from shared.clock import system_clock
from shared.http.moments import _time


def one(data: bytes) -> None:
    """Read `data` as a parameter's text."""
    faults: list[tuple[str, str]] = []
    now = system_clock()
    found = _time("as_of", data.decode(errors="replace"), now, faults)
    if not faults:
        assert found is not None
        assert found <= now
        assert found.tzinfo is UTC
