"""One side of a comparison: what a member's facts stand for, how that changed, and what of it qualified for a tier."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.earning.standing import standing
from services.loyalty.domain.ledger.events import FactJudged
from services.loyalty.domain.tiers.earnings import Earning, Reversal

Points = dict[tuple[str, str], int]
"""Points by effect, `<rule>:<number>`, and currency; none that are 0."""

Change = tuple[datetime, str, int]
"""When so many points of a currency came, or, less than 0, were taken back."""


class Side:
    """What each fact stands for now, by its name, and every change that led to it."""

    __slots__ = ("changes", "stands")

    def __init__(self) -> None:
        self.stands: dict[str, Points] = {}
        self.changes: dict[str, list[Change]] = {}

    def let_stand(self, key: str, points: Points, at: datetime) -> None:
        """Let a fact stand for these points from now on; what changes by that happened at `at`, in the rules' order."""
        before = self.stands.get(key)
        self.stands[key] = points
        if before is None:
            self.changes[key] = [(at, name[1], points[name]) for name in sorted(points)]
        elif before != points:
            moved = {name: points.get(name, 0) - before.get(name, 0) for name in sorted({*before, *points})}
            self.changes[key] += [(at, name[1], number) for name, number in moved.items() if number]

    def earned(self, key: str, at: datetime, currency: str) -> Iterator[Earning]:
        """Yield what a fact of a moment earned of a currency, less what was taken back when."""
        moved = [change for change in self.changes.get(key, ()) if change[1] == currency]
        if moved:
            taken = (Reversal(str(place), when, -points) for place, (when, _, points) in enumerate(moved) if points < 0)
            yield Earning(key, at, sum(points for *_, points in moved if points > 0), reversals=tuple(taken))


def as_booked(event: FactJudged, before: Points) -> Points:
    """Return what a fact really stands for, by the lots that the ledger gave it."""
    grants = event.judged.trace.grants
    currencies = {f"{grant.rule}:{grant.effect}": grant.points_currency for grant in grants}
    known = dict(before) if len(event.stands) > len(grants) else {}
    prefix = len(event.judged.key) + 1
    found: Points = {}
    for lot_id, points in event.stands.items():
        if points:
            rule, number, *_ = lot_id[prefix:].split(":")
            effect = f"{rule}:{number}"
            name = (effect, currencies.get(effect) or _known(known, effect))
            found[name] = found.get(name, 0) + points
    return found


def _known(before: Mapping[tuple[str, str], int], effect: str) -> str:
    """Return the currency that an effect had before it took no more effect on the fact."""
    return next((currency for name, currency in before if name == effect), "")


def as_judged(judged: Judged, most: Points | None) -> Points:
    """Return what a judged fact stands for; a closed account gets no more of each than the `most` that it had."""
    found: Points = {}
    for grant, points in standing(judged):
        name = (f"{grant.rule}:{grant.effect}", grant.points_currency)
        left = points if most is None else min(points, most.get(name, 0))
        if left:
            found[name] = found.get(name, 0) + left
    return found
