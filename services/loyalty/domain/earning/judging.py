"""Judging facts by event time: a late one lets those after it be judged again, so that any delivery ends the same."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
    """A member's judged facts in the order in which they happened, and what was paid back of facts that are to come."""

    judged: tuple[Judged, ...] = ()
    awaited: dict[str, Decimal] = {}

    def find(self, key: str) -> Judged | None:
        """Return a judged fact by its name."""
        return next((one for one in self.judged if one.key == key), None)

    def having(self, judged: Judged) -> "Earnings":
        """Return the earnings with this judgement, at its place, instead of any other on the same fact."""
        others = [one for one in self.judged if one.key != judged.key]
        place = bisect_left([one.place for one in others], judged.place)
        return structs.replace(self, judged=(*others[:place], judged, *others[place:]))


def with_fact(
    earnings: Earnings, fact: Fact, rulebook: Rulebook, member_at: MemberAt, budgets: Mapping[str, int]
) -> Earnings:
    """Return the earnings with a fact, and with all after it judged again; a fact that is known changes nothing.

    `budgets` is what all members had used before of the limits that they share.
    What a judged fact took of those it keeps: others may have got the rest meanwhile.
    """
    if earnings.find(key_of(fact)) is not None:
        return earnings
    returned = earnings.awaited.get(key_of(fact), NOTHING)
    place = bisect_left([one.place for one in earnings.judged], (fact.occurred_at, key_of(fact)))
    judged = list(earnings.judged[:place])
    used = Counter[str]()
    for one in judged:
        used.update(one.trace.uses)
    later = [(one.fact, one.returned, one.trace.used) for one in earnings.judged[place:]]
    for each, paid_back, known in [(fact, returned, budgets), *later]:
        one = _judge(each, paid_back, judged, used, known, rulebook, member_at)
        used.update(one.trace.uses)
        judged.append(one)
    awaited = {key: amount for key, amount in earnings.awaited.items() if key != key_of(fact)}
    return Earnings(tuple(judged), awaited)


def with_return(earnings: Earnings, key: str, amount: Decimal, rulebook: Rulebook) -> Earnings:
    """Return the earnings with so much more of a fact paid back; before its fact, it waits for it."""
    known = earnings.find(key)
    if known is None:
        awaited = {**earnings.awaited, key: earnings.awaited.get(key, NOTHING) + amount}
        return structs.replace(earnings, awaited=awaited)
    after = after_return(known, known.returned + amount, rulebook)
    return structs.replace(earnings, judged=tuple(after if one is known else one for one in earnings.judged))


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
    own = {key: points for key, points in used.items() if key.startswith("member:")}
    budgets = {key: points for key, points in shared.items() if key.startswith("all:")}
    trace = effects(rules, fact, member, {**own, **budgets})
    judged = Judged(fact, member, trace)
    return after_return(judged, returned, rulebook) if returned else judged
