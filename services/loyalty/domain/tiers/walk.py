"""The walk through a member's periods: what was reached when, and what each review took. Without grace and grants."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from services.loyalty.domain.programme.terms import EARLIEST
from services.loyalty.domain.tiers.earnings import Sums
from services.loyalty.domain.tiers.period import ALWAYS, NEVER, Kind, Periods
from services.loyalty.domain.tiers.table import Landing, Requires, Tier
from services.loyalty.domain.tiers.versions import InForce, Tables, carried, index_at


class Reason(StrEnum):
    """Why a tier changed."""

    REACHED = "reached"
    REVIEW = "review"
    SOFT_LANDING = "soft-landing"
    REVERSED = "reversed"
    GRANTED = "granted"
    GRANT_ENDED = "grant-ended"
    TABLE_CHANGED = "table-changed"
    RESTATED = "restated"


class Span(Struct, frozen=True):
    """From when until before when points counted that decided something."""

    since: datetime
    until: datetime


class Step(Struct, frozen=True):
    """The rank that a member has from a moment on, in the table of a version, and what decided it."""

    at: datetime
    rank: int
    version: int
    reason: Reason
    span: Span


def walk(sums: Sums, tables: Tables, anchor: datetime, until: datetime) -> Iterator[Step]:
    """Yield the steps up to and at `until`, in order; before the first one the rank is 0.

    Each version begins with a step, whether it changes anything or not, but the first.
    """
    rank = 0
    for index, version in enumerate(tables):
        if version.since > until:
            return
        close = tables[index + 1].since if index + 1 < len(tables) else NEVER
        if index:
            rank = carried(rank, tables, index - 1, index)
            yield Step(version.since, rank, index, Reason.TABLE_CHANGED, Span(version.since, version.since))
        stretch = _Stretch(sums, version, index, anchor, close, until)
        for step in stretch.steps(rank):
            rank = step.rank
            yield step


def recent(sums: Sums, tables: Tables, anchor: datetime, until: datetime) -> Iterator[Step]:
    """Yield at least those last steps of `walk` that decide the rank at `until`, grace included.

    Each review takes a step from whoever earned nothing. So, as many reviews ago as the
    table has tiers, it makes no difference which rank a member had.
    """
    index = index_at(tables, until)
    version = tables[index]
    stretch = _Stretch(sums, version, index, anchor, NEVER, until)
    number = stretch.settled_from()
    if number is None:
        yield from walk(sums, tables, anchor, until)
    else:
        yield from stretch.steps(0, number)


class _Stretch:
    """The time during which one version is in force, from its beginning to before `close`; seen up to `until`."""

    def __init__(
        self, sums: Sums, version: InForce, index: int, anchor: datetime, close: datetime, until: datetime
    ) -> None:
        self._sums = sums
        self._table = version.table
        self._periods = Periods(version.table.period, version.table.zone, anchor)
        self._version = index
        self._begin = version.since
        self._close = close
        self._until = until

    def settled_from(self) -> int | None:
        """Return the period from which on a walk ends with the right rank though it begins with 0; None: the first."""
        table = self._table
        if table.period.kind is Kind.LIFETIME:
            return None
        grace = timedelta(days=table.grace_months * 31 + table.grace_days)
        number = self._periods.number(max(self._until, EARLIEST) - grace) - table.highest - 1
        return number if self._periods.start(number) > self._begin else None

    def steps(self, rank: int, number: int | None = None) -> Iterator[Step]:
        """Yield what happens from a period on; without a number, from the first that counts."""
        number = self._first() if number is None else number
        last = min(self._close, self._until)
        while number is not None and self._periods.start(number) <= last:
            span = Span(self._periods.opens(number), self._periods.start(number + 1))
            earned = self._table.earned(*self._sums.within(span.since, span.until))
            for step in self._upgrades(rank, span) if earned > rank else ():
                rank = step.rank
                yield step
            if span.until > last:
                return
            review = self._review(rank, earned, span)
            if review:
                rank = review.rank
                yield review
            number = self._next(number + 1, rank)

    def _first(self) -> int | None:
        begin = self._sums.after(ALWAYS) if self._begin == ALWAYS else self._begin
        return None if begin is None else self._periods.number(begin)

    def _upgrades(self, rank: int, span: Span) -> Iterator[Step]:
        """Yield what is reached within a period, in the order in which it is; of several at once the highest."""
        found = []
        for higher in range(rank + 1, self._table.highest + 1):
            at = self._reached(self._table.tiers[higher], span.since)
            if at is not None and at < min(span.until, self._close) and at <= self._until:
                found.append((max(at, self._begin), at < self._begin, -higher))
        for at, before, negative in sorted(found):
            if -negative > rank:
                rank = -negative
                yield Step(at, rank, self._version, Reason.TABLE_CHANGED if before else Reason.REACHED, span)

    def _reached(self, tier: Tier, since: datetime) -> datetime | None:
        points = self._sums.reaches(since, self._sums.points, tier.threshold)
        if tier.events is None:
            return points
        events = self._sums.reaches(since, self._sums.events, tier.events)
        if self._table.requires is Requires.BOTH:
            return None if points is None or events is None else max(points, events)
        return min((at for at in (points, events) if at is not None), default=None)

    def _review(self, rank: int, earned: int, span: Span) -> Step | None:
        """Return where the end of a period takes the member down to, if it does."""
        landed = max(earned, rank - 1) if self._table.landing is Landing.ONE_STEP else earned
        if landed >= rank:
            return None
        reason = Reason.REVIEW if landed == earned else Reason.SOFT_LANDING
        return Step(span.until, landed, self._version, reason, span)

    def _next(self, number: int, rank: int) -> int | None:
        """Return the next period that can change anything: who has nothing to lose waits for the next earning."""
        if rank:
            return number
        at = self._sums.after(self._periods.start(number))
        return None if at is None else self._periods.number(at)
