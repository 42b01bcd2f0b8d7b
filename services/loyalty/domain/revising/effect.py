"""What a version would change of history: points by rule, members affected, and those affected most."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from heapq import nlargest

from msgspec import Struct

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.earning.judging import Earnings, MemberAt, judged_again
from services.loyalty.domain.earning.rulebook import Rulebook

MOST_AFFECTED = 10
"""How many members are named."""


class RuleEffect(Struct, frozen=True):
    """What the facts that would be judged otherwise earn by one rule, before and after."""

    rule: str
    points_currency: str
    before: int
    after: int


class MemberEffect(Struct, frozen=True):
    """By how much a member's points would change, by currency."""

    customer_id: str
    change: dict[str, int]


class Effect(Struct, frozen=True):
    """The effect on the `examined` of all `members`; where these are fewer, they are a `sample`, and nothing is scaled.

    `belonging` counts those of the examined who are members of the programme; the others it doesn't touch.
    `points` is the change by currency, before debts, spends and expiry; `affected` counts members whose points change.
    """

    members: int
    examined: int
    sample: bool
    affected: int
    facts: int
    points: dict[str, int]
    rules: tuple[RuleEffect, ...]
    most_affected: tuple[MemberEffect, ...]
    belonging: int


class Reckoning:
    """Adds the effect up, member by member."""

    def __init__(self, rulebook: Rulebook, since: datetime, budgets: Mapping[str, int]) -> None:
        self._rulebook, self._since, self._budgets = rulebook, since, budgets
        self._examined = self._belonging = self._affected = self._facts = 0
        self._before, self._after = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        self._largest: list[MemberEffect] = []

    def pass_by(self) -> None:
        """Count somebody who belongs to another programme."""
        self._examined += 1

    def examine(self, customer_id: str, earnings: Earnings, member_at: MemberAt) -> None:
        """Judge what a member did again, as the version would."""
        found = judged_again(earnings, self._rulebook, member_at, self._since, self._budgets)
        known = [earnings.judged[one.key] for one in found]
        self._examined += 1
        self._belonging += 1
        self._facts += len(found)
        before, after = _by_rule(known), _by_rule(found)
        self._before.update(before)
        self._after.update(after)
        change = _by_currency(after)
        change.subtract(_by_currency(before))
        moved = {currency: points for currency, points in change.items() if points}
        if moved:
            self._affected += 1
            self._largest = nlargest(MOST_AFFECTED, [*self._largest, MemberEffect(customer_id, moved)], key=_size)

    def effect(self, members: int) -> Effect:
        """Return what was found, of so many members in all."""
        rules = sorted({*self._before, *self._after})
        points = _by_currency(self._after)
        points.subtract(_by_currency(self._before))
        return Effect(
            members,
            self._examined,
            self._examined < members,
            self._affected,
            self._facts,
            {currency: change for currency, change in points.items() if change},
            tuple(RuleEffect(*rule, self._before[rule], self._after[rule]) for rule in rules),
            tuple(self._largest),
            self._belonging,
        )


def _by_rule(judged: Sequence[Judged]) -> Counter[tuple[str, str]]:
    found = Counter[tuple[str, str]]()
    for one in judged:
        for grant in one.left.grants:
            found[grant.rule, grant.points_currency] += grant.granted
    return found


def _by_currency(by_rule: Mapping[tuple[str, str], int]) -> Counter[str]:
    found = Counter[str]()
    for (_, currency), points in by_rule.items():
        found[currency] += points
    return found


def _size(member: MemberEffect) -> int:
    return sum(abs(points) for points in member.change.values())
