"""Judging facts by event time: a late one lets those after it be judged again, so that any delivery ends the same."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct, structs

from services.loyalty.domain.earning.judged import Judged, after_return, key_of
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


class Earnings(Struct, frozen=True):
    """A member's judged facts by name, in the order in which they happened, and what was paid back of facts to come."""

    judged: dict[str, Judged] = {}
    awaited: dict[str, Decimal] = {}

    @property
    def in_order(self) -> tuple[Judged, ...]:
        """The judged facts in the order in which they happened."""
        return tuple(self.judged.values())

    def find(self, key: str) -> Judged | None:
        """Return a judged fact by its name."""
        return self.judged.get(key)

    def having(self, judged: Judged) -> "Earnings":
        """Return the earnings with this judgement, at its place, instead of any other on the same fact."""
        facts = {**self.judged, judged.key: judged}
        if judged.key not in self.judged and self.judged and judged.place < next(reversed(self.judged.values())).place:
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

    `budgets` is what all members had used before of the limits that they share.
    What a judged fact took of those it keeps: others may have got the rest meanwhile.
    """
    key = key_of(fact)
    if key in earnings.judged:
        return ()
    before, later = _around(earnings, (fact.occurred_at, key))
    used = Counter[str]()
    for one in before:
        if one.trace.uses:
            used.update(one.trace.uses)
    found = [_judge(fact, earnings.awaited.get(key, NOTHING), before, used, budgets, rulebook, member_at)]
    for known in later:
        used.update(found[-1].trace.uses)
        before = [*before, found[-1]]
        found.append(_judge(known.fact, known.returned, before, used, known.trace.used, rulebook, member_at))
    return [found[0], *(one for one, known in zip(found[1:], later, strict=True) if one != known)]


def judged_again(
    earnings: Earnings, rulebook: Rulebook, member_at: MemberAt, since: datetime, budgets: Mapping[str, int]
) -> Sequence[Judged]:
    """Return the judgements on known facts from `since` on that are others by now.

    They may be, because a version was back-dated, or because something was learned of
    the member. What a fact had taken of shared limits it keeps; of others it may take what `budgets` leave.
    """
    before, later = _around(earnings, (since, ""))
    used = Counter[str]()
    for one in before:
        used.update(one.trace.uses)
    found = []
    for known in later:
        shared = {**budgets, **known.trace.used}
        before.append(_judge(known.fact, known.returned, before, used, shared, rulebook, member_at))
        used.update(before[-1].trace.uses)
        if before[-1] != known:
            found.append(before[-1])
    return found


def _around(earnings: Earnings, place: tuple[datetime, str]) -> tuple[list[Judged], list[Judged]]:
    """Return the facts before a place, and those after it. Most facts come last."""
    facts = list(earnings.judged.values())
    if not facts or facts[-1].place < place:
        return facts, []
    first = bisect_left([one.place for one in facts], place)
    return facts[:first], facts[first:]


def with_return(earnings: Earnings, key: str, amount: Decimal, rulebook: Rulebook) -> Earnings:
    """Return the earnings with so much more of a fact paid back; before its fact, it waits for it."""
    known = earnings.find(key)
    if known is None:
        awaited = {**earnings.awaited, key: earnings.awaited.get(key, NOTHING) + amount}
        return structs.replace(earnings, awaited=awaited)
    return earnings.having(after_return(known, known.returned + amount, rulebook))


def _judge(
    fact: Fact,
    returned: Decimal,
    before: Sequence[Judged],
    used: Mapping[str, int],
    shared: Mapping[str, int],
    rulebook: Rulebook,
    member_at: MemberAt,
) -> Judged:
    rules, member = rulebook.at(fact.occurred_at), member_at(fact, before)
    if rules is None:
        return Judged(fact, member, UNKNOWN, returned)
    own = {key: points for key, points in used.items() if key.startswith("member:")} if used else {}
    budgets = {key: points for key, points in shared.items() if key.startswith("all:")} if shared else {}
    trace = effects(rules, fact, member, {**own, **budgets})
    judged = Judged(fact, member, trace)
    return after_return(judged, returned, rulebook) if returned else judged
