"""Judging facts by event time: a late one lets those after it be judged again, so that any delivery ends the same."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct, structs

from services.loyalty.domain.earning.judged import Judged, Return, after_return, key_of
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.rules.evaluate import effects
from services.loyalty.domain.rules.fact import NOTHING, Fact, Member
from services.loyalty.domain.rules.trace import Trace

MemberAt = Callable[[Fact, Sequence[Judged]], Member]
"""What was known of a member when a fact happened, from the facts before it by event time."""


def by_orders(_: Fact, before: Sequence[Judged]) -> Member:
    """What facts alone tell of a member: how often they had bought."""
    return Member(orders=sum(one.fact.trigger == "purchase" for one in before))


UNKNOWN = Trace(0)
"""What a fact earns before any version of the programme counts: nothing."""


class Earnings(Struct, frozen=True, gc=False):
    """A member's judged facts by name, in the order in which they happened, and what was paid back of facts to come."""

    judged: dict[str, Judged] = {}
    awaited: dict[str, Decimal] = {}

    @property
    def in_order(self) -> tuple[Judged, ...]:
        """The judged facts in the order in which they happened."""
        return tuple(self.judged.values())

    @property
    def last(self) -> Judged | None:
        """The judged fact that happened last."""
        return next(reversed(self.judged.values()), None)

    def find(self, key: str) -> Judged | None:
        """Return a judged fact by its name."""
        return self.judged.get(key)

    def having(self, judged: Judged) -> "Earnings":
        """Return the earnings with this judgement, at its place, instead of any other on the same fact."""
        facts = {**self.judged, judged.key: judged}
        last = self.last
        if judged.key not in self.judged and last is not None and judged.place < last.place:
            facts = dict(sorted(facts.items(), key=lambda item: item[1].place))
        return Earnings(facts, self.awaited)


def with_fact(
    earnings: Earnings, fact: Fact, rulebook: Rulebook, member_at: MemberAt, budgets: Mapping[str, int]
) -> Earnings:
    """Return the earnings with a fact, and with all after it judged again; a fact that is known changes nothing."""
    for judged in judged_anew(earnings, fact, rulebook, member_at, budgets):
        earnings = earnings.having(judged)
    awaited = {key: amount for key, amount in earnings.awaited.items() if key != key_of(fact)}
    return structs.replace(earnings, awaited=awaited)


def judged_anew(
    earnings: Earnings, fact: Fact, rulebook: Rulebook, member_at: MemberAt, budgets: Mapping[str, int]
) -> Sequence[Judged]:
    """Return the judgement on a fact, and those that become others by it; none where the fact is known.

    `budgets` is what all members, this one among them, had used before of the limits
    that they share. What a judged fact took of those it keeps; where it wants more
    now, it gets what they leave now, as others may have got the rest meanwhile.
    """
    key = key_of(fact)
    if key in earnings.judged:
        return ()
    before, later = _around(earnings, (fact.occurred_at, key))
    judging = _Judging(before, rulebook, member_at, budgets)
    return [judging.first(fact, earnings.awaited.get(key, NOTHING)), *judging.changed(later)]


def judged_again(
    earnings: Earnings, rulebook: Rulebook, member_at: MemberAt, since: datetime, budgets: Mapping[str, int]
) -> Sequence[Judged]:
    """Return the judgements on known facts from `since` on that are others by now.

    They may be, because a version was back-dated, or because something was learned of
    the member. `budgets` as in `judged_anew`.
    """
    facts = list(earnings.judged.values())
    first = bisect_left([one.fact.occurred_at for one in facts], since)
    return _Judging(facts[:first], rulebook, member_at, budgets).changed(facts[first:]) if facts[first:] else ()


def _around(earnings: Earnings, place: tuple[datetime, str]) -> tuple[list[Judged], list[Judged]]:
    """Return the facts before a place, and those after it. Most facts come last."""
    facts = list(earnings.judged.values())
    if not facts or facts[-1].place < place:
        return facts, []
    first = bisect_left([one.place for one in facts], place)
    return facts[:first], facts[first:]


def with_return(
    earnings: Earnings, key: str, amount: Decimal, rulebook: Rulebook, at: datetime | None = None
) -> Earnings:
    """Return the earnings with so much more of a fact paid back at a time (None: nobody knows when).

    Before its fact, it waits for it.
    """
    known = earnings.find(key)
    if known is None:
        awaited = {**earnings.awaited, key: earnings.awaited.get(key, NOTHING) + amount}
        return structs.replace(earnings, awaited=awaited)
    if at is not None:
        known = structs.replace(known, returns=tuple(sorted((*known.returns, Return(at, amount)))))
    return earnings.having(after_return(known, known.returned + amount, rulebook))


class _Judging:
    """A member's facts judged one after the other, each on what those before it left of all limits.

    It goes on with the list `before` that it is given.
    """

    def __init__(
        self, before: list[Judged], rulebook: Rulebook, member_at: MemberAt, budgets: Mapping[str, int]
    ) -> None:
        self._before = before
        self._rulebook = rulebook
        self._member_at = member_at
        self._own: dict[str, int] = {}
        self._all = _of_all(budgets)
        for one in before:
            if one.trace.uses:
                _add(self._own, _OWN, one.trace.uses)

    def first(self, fact: Fact, returned: Decimal) -> Judged:
        """Judge a fact that is told now."""
        member = self._member_at(fact, self._before)
        return self._noted(Judged(fact, member, self._trace(fact, member, self._all)), returned, UNKNOWN)

    def changed(self, later: Sequence[Judged]) -> list[Judged]:
        """Judge facts again, all that come after those before; return those whose judgement is another now."""
        return [judged for known in later if (judged := self._again(known)) != known]

    def _again(self, known: Judged) -> Judged:
        fact, member = known.fact, self._member_at(known.fact, self._before)
        own = _of_all(known.trace.uses)
        others = {key: max(0, points - own.get(key, 0)) for key, points in self._all.items()}
        trace = self._trace(fact, member, {**others, **_of_all(known.trace.used)})
        if any(points > own.get(key, 0) for key, points in _of_all(trace.uses).items()):
            trace = self._trace(fact, member, others)
        judged = structs.replace(known, member=member, trace=trace, reduced=None)
        return self._noted(judged, known.returned, known.trace)

    def _trace(self, fact: Fact, member: Member, shared: Mapping[str, int]) -> Trace:
        rules = self._rulebook.at(fact.occurred_at)
        return UNKNOWN if rules is None else effects(rules, fact, member, {**self._own, **shared})

    def _noted(self, judged: Judged, returned: Decimal, known: Trace) -> Judged:
        """Let those after it know what it has taken of the limits, and how much more of those of all than before."""
        judged = after_return(judged, returned, self._rulebook) if returned else judged
        _add(self._own, _OWN, judged.trace.uses)
        _add(self._all, _ALL, judged.trace.uses)
        _add(self._all, _ALL, known.uses, -1)
        self._before.append(judged)
        return judged


_OWN, _ALL = "member:", "all:"
"""How the keys of limits begin that count one member's points, and those of all."""


def _of_all(points: Mapping[str, int]) -> dict[str, int]:
    """Return the limits that all members share."""
    return {key: number for key, number in points.items() if key.startswith(_ALL)}


def _add(used: dict[str, int], whose: str, uses: Mapping[str, int], sign: int = 1) -> None:
    """Add to what was used what a fact used of one kind of limits."""
    for key, points in uses.items():
        if key.startswith(whose):
            used[key] = used.get(key, 0) + sign * points
