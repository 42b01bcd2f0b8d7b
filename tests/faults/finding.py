"""A finding: one promise that was broken, with the shortest history that shows it."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from tests.faults.facts import Facts
from tests.faults.ledger import Entry

AROUND_SECONDS = 3.0
MOST_LINES = 25


class Kind(StrEnum):
    """The ways in which a run can fail."""

    LOST = "lost"
    DOUBLED = "doubled"
    REORDERED = "reordered"
    STUCK = "stuck"
    DIFFERING = "views_differing"
    PARKED = "parked"
    FAILED = "failed"


class Finding(Struct, frozen=True):
    """What is wrong, in a sentence, and what led to it, line by line."""

    kind: Kind
    said: str
    history: tuple[str, ...] = ()


def told(entry: Entry) -> list[tuple[float, str]]:
    """Return the lines of a command: each attempt when it began, and what came of it when it ended."""
    what = f"{entry.kind} {entry.key}"
    lines = [(attempt.begun, f"{what} sent to {attempt.door or 'nobody'}") for attempt in entry.attempts]
    lines += [(attempt.ended, f"{what}: {attempt.said}") for attempt in entry.attempts if attempt.ended < float("inf")]
    return sorted(lines)


def history(facts: Facts, entries: Iterable[Entry], seen: Sequence[str] = ()) -> tuple[str, ...]:
    """Return, in the order of time, what these commands met and which faults came about then; then what was `seen`.

    Everything else is left out: it is the shortest history that shows the finding.
    """
    lines = [line for entry in entries for line in told(entry)]
    if lines:
        first, last = min(lines)[0] - AROUND_SECONDS, max(lines)[0] + AROUND_SECONDS
        lines += [(at, f"*** {what}") for at, what in facts.history if first <= at <= last]
    ordered = [f"{at:9.3f} s  {what}" for at, what in sorted(lines)]
    if len(ordered) > MOST_LINES:
        half = MOST_LINES // 2
        ordered = [*ordered[:half], f"           ... {len(ordered) - 2 * half} lines ...", *ordered[-half:]]
    return (*ordered, *(f"    at rest  {what}" for what in seen))
