"""Conditions, compiled: functions from a situation to whether they hold.

Under a return no condition turns from false to true: where one bound of an
amount is asked of what is left, the other is asked of what was bought, and
inside a `not` it is the other way round.
"""

from collections.abc import Callable
from datetime import time
from decimal import Decimal
from typing import TypeAlias

from services.loyalty.domain.rules.conditions import (
    All,
    AnyOf,
    AtHours,
    Bought,
    Condition,
    FirstPurchase,
    HasAttribute,
    InDates,
    InMoney,
    InSegment,
    NearBirthday,
    Not,
    OfAmount,
    OfTier,
    OnWeekday,
    OverChannel,
    WithConsent,
    WithPartner,
)
from services.loyalty.domain.rules.counting import counted_money, is_among
from services.loyalty.domain.rules.points import number_of
from services.loyalty.domain.rules.situation import Situation, millionths

Holds: TypeAlias = Callable[[Situation], bool]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def holds(condition: Condition, *, denied: bool = False) -> Holds:
    """Return the function that tells whether the condition holds; `denied`: it stands inside an odd number of nots."""
    match condition:
        case All(of):
            return _all([holds(item, denied=denied) for item in of])
        case AnyOf(of):
            some = [holds(item, denied=denied) for item in of]
            return lambda s: any(one(s) for one in some)
        case Not(of):
            inner = holds(of, denied=not denied)
            return lambda s: not inner(s)
        case OfAmount():
            return _of_amount(condition, denied=denied)
        case OnWeekday() | AtHours() | InDates():
            return _in_time(condition)
        case InSegment() | WithConsent() | OfTier() | FirstPurchase() | NearBirthday():
            return _of_member(condition)
        case _:
            return _of_fact(condition)


def _all(every: list[Holds]) -> Holds:
    if len(every) == 1:
        return every[0]
    return lambda s: all(one(s) for one in every)


def _of_member(condition: InSegment | WithConsent | OfTier | FirstPurchase | NearBirthday) -> Holds:
    match condition:
        case InSegment(any_of):
            segments = frozenset(any_of)
            return lambda s: not segments.isdisjoint(s.member.segments)
        case WithConsent(any_of):
            consents = frozenset(any_of)
            return lambda s: not consents.isdisjoint(s.member.consents)
        case OfTier(any_of):
            tiers = frozenset(any_of)
            return lambda s: s.member.tier in tiers
        case FirstPurchase():
            return lambda s: s.member.orders == 0
        case NearBirthday(days):
            return lambda s: days in s.member.near_birthday


def _of_fact(condition: OverChannel | WithPartner | InMoney | Bought | HasAttribute) -> Holds:
    match condition:
        case OverChannel(any_of):
            channels = frozenset(any_of)
            return lambda s: s.fact.channel in channels
        case WithPartner(any_of):
            partners = frozenset(any_of)
            return lambda s: s.fact.partner in partners
        case InMoney(any_of):
            money = frozenset(any_of)
            return lambda s: s.fact.currency in money
        case Bought(lines):
            among = is_among(lines)
            return lambda s: any(among(line) for line in s.fact.lines)
        case HasAttribute():
            return _has_attribute(condition)


def _in_time(condition: OnWeekday | AtHours | InDates) -> Holds:
    match condition:
        case OnWeekday(any_of):
            days = frozenset(WEEKDAYS.index(day) for day in any_of)
            return lambda s: s.local.weekday() in days
        case AtHours(since, until):
            return _at_hours(time.fromisoformat(since), time.fromisoformat(until))
        case InDates(since_day, until_day):
            return lambda s: since_day <= s.local.date() < until_day


def _at_hours(since: time, until: time) -> Holds:
    if since < until:
        return lambda s: since <= s.local.time() < until
    return lambda s: not until <= s.local.time() < since


def _of_amount(condition: OfAmount, *, denied: bool) -> Holds:
    money = counted_money(condition.counted)
    least = None if condition.at_least is None else millionths(condition.at_least)
    below = None if condition.below is None else millionths(condition.below)

    def of_what_is_left(situation: Situation) -> bool:
        counted = money(situation)
        bought, left = counted * situation.whole, counted * situation.kept
        lower, upper = (bought, left) if denied else (left, bought)
        if least is not None and lower < least * situation.whole:
            return False
        return below is None or upper < below * situation.whole

    return of_what_is_left


def _has_attribute(condition: HasAttribute) -> Holds:
    name, least, below = condition.name, condition.at_least, condition.below
    # 1 and True are equal to Python, and yet not the same value.
    values = frozenset((type(value), value) for value in condition.any_of)

    def has(situation: Situation) -> bool:
        value = situation.fact.attributes.get(name)
        if value is None or (values and (type(value), value) not in values):
            return False
        return (least is None and below is None) or _in_range(number_of(value), least, below)

    return has


def _in_range(number: Decimal | None, least: Decimal | None, below: Decimal | None) -> bool:
    return number is not None and (least is None or least <= number) and (below is None or number < below)
