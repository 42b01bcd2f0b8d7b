"""What counts for a tier: qualifying points by when they were earned, less what was taken back of them.

Spent, lapsed or given away, they count all the same: a balance says nothing about a tier.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from datetime import datetime
from itertools import accumulate

from msgspec import Struct, structs


class Reversal(Struct, frozen=True, gc=False):
    """Points of an earning that were taken back, and when; each counts once under its id."""

    reversal_id: str
    at: datetime
    points: int


class Earning(Struct, frozen=True, omit_defaults=True, gc=False):
    """Qualifying points of one fact, by all of its lots, at its own time; it counts as `events` qualifying events.

    What is taken back is taken from the period that earned it, from the moment on at
    which it was taken back: until then the tier was had in good faith. An
    earning of which nothing is left is no event any more.
    """

    earning_id: str
    at: datetime
    points: int
    events: int = 1
    reversals: tuple[Reversal, ...] = ()

    def net(self, moment: datetime) -> int:
        """Return what is left of it at a moment; never negative."""
        return max(0, self.points - sum(item.points for item in self.reversals if item.at <= moment))


class Sums(Struct, frozen=True, gc=False):
    """Earnings in the order of their times, added up; the sums begin with 0, so that a difference is a span's sum."""

    times: tuple[datetime, ...] = ()
    points: tuple[int, ...] = (0,)
    events: tuple[int, ...] = (0,)

    def within(self, since: datetime, until: datetime) -> tuple[int, int]:
        """Return (points, events) of since <= time < until."""
        first, last = bisect_left(self.times, since), bisect_left(self.times, until)
        return self.points[last] - self.points[first], self.events[last] - self.events[first]

    def reaches(self, since: datetime, sums: tuple[int, ...], more: int) -> datetime | None:
        """Return the time at which one of the sums, from `since` on, has grown by `more`; None where it never does."""
        first = bisect_left(self.times, since)
        place = bisect_left(sums, sums[first] + more, lo=first + 1)
        return self.times[place - 1] if place < len(sums) else None

    def after(self, moment: datetime) -> datetime | None:
        """Return the time of the first earning at or after a moment."""
        place = bisect_left(self.times, moment)
        return self.times[place] if place < len(self.times) else None


class Earnings(Struct, frozen=True, gc=False):
    """All earnings of a member by time, and their sums with everything that was taken back of them by now.

    Earning in order costs no look at what was there before; a late fact adds up anew.
    """

    entries: tuple[Earning, ...] = ()
    sums: Sums = Sums()
    taken_back_at: tuple[datetime, ...] = ()

    def earned(self, earning: Earning) -> "Earnings":
        """Return them with one more, wherever in time it belongs; of an id that is there, its points are added."""
        known = self._known(earning)
        if known is not None:
            more = structs.replace(self.entries[known], points=self.entries[known].points + earning.points)
            if known == len(self.entries) - 1 and not more.reversals:
                return self._before_the_last()._behind(more)
            return of((*self.entries[:known], more, *self.entries[known + 1 :]))
        late = self.entries and _place(earning) < _place(self.entries[-1])
        return of((*self.entries, earning)) if late or earning.reversals else self._behind(earning)

    def all_earned(self, more: Iterable[Earning]) -> "Earnings":
        """Return them with several more, as `earned` of one after the other comes to."""
        entries = {_place(item): item for item in self.entries}
        for earning in more:
            known = entries.get(_place(earning))
            together = known and structs.replace(known, points=known.points + earning.points)
            entries[_place(earning)] = together or earning
        return of(entries.values())

    def _behind(self, earning: Earning) -> "Earnings":
        """Return them with one more that comes after all others, and of which nothing was taken back."""
        sums, net = self.sums, max(0, earning.points)
        after = Sums(
            (*sums.times, earning.at),
            (*sums.points, sums.points[-1] + net),
            (*sums.events, sums.events[-1] + _events(earning, net)),
        )
        return Earnings((*self.entries, earning), after, self.taken_back_at)

    def _before_the_last(self) -> "Earnings":
        """Return them without the last, of which nothing was taken back."""
        sums = Sums(self.sums.times[:-1], self.sums.points[:-1], self.sums.events[:-1])
        return Earnings(self.entries[:-1], sums, self.taken_back_at)

    def _known(self, earning: Earning) -> int | None:
        place = bisect_left(self.entries, _place(earning), key=_place)
        found = self.entries[place : place + 1]
        return place if found and found[0].earning_id == earning.earning_id else None

    def taken_back(self, earning_id: str, reversal: Reversal) -> "Earnings":
        """Return them less what was taken back of one; the same again, or of one that isn't there, changes nothing."""
        place = next((place for place, item in enumerate(self.entries) if item.earning_id == earning_id), None)
        if place is None:
            return self
        known = self.entries[place]
        if any(item.reversal_id == reversal.reversal_id for item in known.reversals):
            return self
        reversals = sorted((*known.reversals, reversal), key=lambda item: (item.at, item.reversal_id))
        less = structs.replace(known, reversals=tuple(reversals))
        return of((*self.entries[:place], less, *self.entries[place + 1 :]))

    def times_taken_back(self, earning_id: str) -> int:
        """Return how often something was taken back of an earning."""
        return sum(len(item.reversals) for item in self.entries if item.earning_id == earning_id)

    def at(self, moment: datetime) -> Sums:
        """Return the sums as they were at a moment: what was taken back later still counts."""
        if not self.taken_back_at or self.taken_back_at[-1] <= moment:
            return self.sums
        return _sums(self.entries, moment)

    def until(self, moment: datetime) -> "Earnings":
        """Return those that had happened at a moment, less what had been taken back of them then."""
        last = max((*self.sums.times[-1:], *self.taken_back_at[-1:]), default=moment)
        if last <= moment:
            return self
        return of(
            structs.replace(item, reversals=tuple(taken for taken in item.reversals if taken.at <= moment))
            for item in self.entries
            if item.at <= moment
        )


def of(earnings: Iterable[Earning]) -> Earnings:
    """Return the earnings in the order of time, whichever order they come in."""
    entries = tuple(sorted(earnings, key=_place))
    times: list[datetime] = []
    for item in entries:
        for reversal in item.reversals:
            insort(times, reversal.at)
    return Earnings(entries, _sums(entries, times[-1] if times else None), tuple(dict.fromkeys(times)))


def _sums(entries: tuple[Earning, ...], moment: datetime | None) -> Sums:
    nets = [max(0, item.points) if moment is None else item.net(moment) for item in entries]
    return Sums(
        tuple(item.at for item in entries),
        tuple(accumulate(nets, initial=0)),
        tuple(accumulate(map(_events, entries, nets), initial=0)),
    )


def _events(earning: Earning, net: int) -> int:
    """Return as how many events an earning counts of which so many points are left."""
    return earning.events if net else 0


def _place(earning: Earning) -> tuple[datetime, str]:
    return earning.at, earning.earning_id
