"""Which tier a member has at a moment, and how that came about: pure functions of what happened until then."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

from services.loyalty.domain.tiers.holding import Hold, graces, granted
from services.loyalty.domain.tiers.period import ALWAYS, NEVER
from services.loyalty.domain.tiers.record import Record
from services.loyalty.domain.tiers.versions import Tables, index_at, name_of
from services.loyalty.domain.tiers.walk import Reason, Span, Step, recent, walk


class Move(Struct, frozen=True):
    """A member's tier changed at a moment; `span` is when points counted that decided it, where points did."""

    at: datetime
    before: str
    after: str
    reason: Reason
    span: Span | None = None


def tier_at(record: Record, tables: Tables, moment: datetime) -> str:
    """Return the name of the member's tier at a moment, as it follows from the facts that had happened by then."""
    sums = record.earnings.at(moment)
    if not record.grants and is_below_all(sums.points[-1], sums.events[-1], tables):
        return first(tables)
    steps = list(recent(sums, tables, record.anchor, moment))
    holds = [*graces(steps, tables), *granted(record.grants, tables)]
    return _Better(steps, holds, tables).at(moment)[0]


def is_below_all(points: int, events: int, tables: Tables) -> bool:
    """Tell whether so much, earned whenever, is less than any tier but the first asks for, which is one for ever."""
    return len(tables) == 1 and not tables[0].table.earned(points, events)


def history(record: Record, tables: Tables, until: datetime) -> list[Move]:
    """Return every move up to and at `until`, in order.

    Whenever points are taken back, the period that earned them and all after it are
    judged again: from that moment on the tier is what it would be without them.
    """
    cuts = [at for at in record.earnings.taken_back_at if at <= until]
    found: list[Move] = []
    for since, to in pairwise([ALWAYS, *cuts, NEVER]):
        made = moves(record, tables, since, min(to, until))
        before = [move for move in made if move.at <= since]
        had, has = (seen[-1].after if seen else first(tables) for seen in (found, before))
        if had != has:
            found.append(Move(since, had, has, Reason.REVERSED))
        found += [move for move in made if since < move.at < to]
    return found


def first(tables: Tables) -> str:
    """Return the tier that everybody begins with."""
    return name_of(tables, 0, 0)


def moves(record: Record, tables: Tables, known: datetime, until: datetime) -> list[Move]:
    """Return the moves up to and at `until`, less what was taken back by `known` of the points that earned them."""
    steps = list(walk(record.earnings.at(known), tables, record.anchor, until))
    holds = [*graces(steps, tables), *granted(record.grants, tables)]
    better = _Better(steps, holds, tables)
    moments = {step.at for step in steps} | {at for hold in holds for at in (hold.since, hold.until)}
    made: list[Move] = []
    name = first(tables)
    for at in sorted(at for at in moments if at <= until):
        after, reason, span = better.at(at)
        if after != name:
            made.append(Move(at, name, after, reason, span))
            name = after
    return made


class _Better:
    """At each moment the better of what is earned and what is held."""

    def __init__(self, steps: Sequence[Step], holds: Sequence[Hold], tables: Tables) -> None:
        self._steps = steps
        self._times = [step.at for step in steps]
        self._holds = holds
        self._tables = tables

    def at(self, at: datetime) -> tuple[str, Reason, Span | None]:
        """Return the tier at a moment; if it began then, with the reason."""
        place = bisect_right(self._times, at)
        step = self._steps[place - 1] if place else None
        version = step.version if step else index_at(self._tables, at)
        rank = step.rank if step else 0
        best: Hold | None = None
        for hold in self._holds:
            if hold.since <= at < hold.until and hold.rank_in(self._tables, version) > rank:
                best, rank = hold, hold.rank_in(self._tables, version)
        return (name_of(self._tables, version, rank), *self._why(at, step, best))

    def _why(self, at: datetime, step: Step | None, best: Hold | None) -> tuple[Reason, Span | None]:
        """Say what began at the moment, else what ended then."""
        if best and best.since == at:
            return best.begins, best.span
        if step and step.at == at and not best:
            return step.reason, step.span
        ended = [hold for hold in self._holds if hold.until == at]
        if ended:
            last = max(ended, key=lambda hold: (hold.version, hold.rank))
            return last.ends, last.span
        return (step.reason, step.span) if step else (Reason.TABLE_CHANGED, None)
