"""Until when lots live that activity renews, or whose owner is exempt from expiry: by event time, told late or not."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import structs

from services.loyalty.domain.ledger.lot import BY_HAND, Lot
from services.loyalty.domain.programme.terms import Terms

Span = tuple[datetime, datetime | None]
"""A time in which nothing lapses: since <= moment < until (None: without end)."""

End = datetime | None
"""When points lapse; None: never."""

_SURELY_ACTIVE = timedelta(days=27)
"""Shorter than the shortest month: nobody who acts again within it was inactive for a month."""


def lives_by_activity(terms: Terms | None) -> bool:
    """Tell whether points on these terms are renewed by activity."""
    return terms is not None and terms.inactive_months is not None


def living(lots: Mapping[str, Lot], noted: Iterable[datetime], spans: Sequence[Span]) -> dict[str, Lot]:
    """Return the lots, each with the end that the member's activity and exemptions give it.

    What is earned is an activity, and so is every moment that was `noted`. An
    activity renews the lots that live at that moment; those that lapsed before stay so.
    """
    earned = {lot.earned_at for lot in lots.values() if lot.points and not lot.origin and lot.rule != BY_HAND}
    moments = sorted(earned.union(noted))
    chains: dict[Terms, list[End]] = {}
    terms, chain = None, list[End]()
    found = {}
    for name, lot in lots.items():
        end, own = lot.expires_at, lot.terms
        if end is not None and own is not None and own.inactive_months is not None:
            if own is not terms:
                terms = own
                chain = chains.get(own) or chains.setdefault(own, _ends(moments, own, spans))
            end = _renewed(lot, own, moments, chain, spans)
        elif spans:
            end = _exempted(end, spans)
        found[name] = lot if end == lot.expires_at else structs.replace(lot, expires_at=end)
    return found


def _ends(moments: Sequence[datetime], terms: Terms, spans: Sequence[Span]) -> list[End]:
    """Return for each moment when who was active then became inactive, with all that they did afterwards."""
    ends: list[End] = []
    following: datetime | None = None
    for moment in reversed(moments):
        if following is None or not _lives_until(moment, following, terms, spans):
            ends.append(_exempted(terms.idle_at(moment), spans))
        else:
            ends.append(ends[-1])
        following = moment
    return ends[::-1]


def _lives_until(start: datetime, following: datetime, terms: Terms, spans: Sequence[Span]) -> bool:
    """Tell whether points that were active at `start` still live at the activity that follows."""
    if following - start < _SURELY_ACTIVE:
        return True
    idle = _exempted(terms.idle_at(start), spans)
    return idle is None or following < idle


def _renewed(lot: Lot, terms: Terms, moments: Sequence[datetime], ends: Sequence[End], spans: Sequence[Span]) -> End:
    start = lot.activates_at
    place = bisect_right(moments, start)
    if place < len(moments) and _lives_until(start, moments[place], terms, spans):
        idle = ends[place]
    else:
        idle = _exempted(terms.idle_at(start), spans)
    lapses = _exempted(terms.lapses_at(start), spans)
    return min(idle, lapses) if idle and lapses else idle or lapses


def _exempted(end: End, spans: Sequence[Span]) -> End:
    """Return the end of the time of exemption that a lot's end falls into; what lapses then lapses later."""
    for since, until in spans:
        if end is not None and since <= end and (until is None or end < until):
            end = until
    return end


def spans_of(suspended: Iterable[datetime], resumed: Iterable[datetime]) -> tuple[Span, ...]:
    """Return the times of exemption: each lasts until expiry is resumed next."""
    ends = sorted(resumed)
    return tuple((since, next((end for end in ends if end >= since), None)) for since in sorted(suspended))
