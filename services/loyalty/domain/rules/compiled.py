"""A rule set, compiled: by trigger, in order, with conditions and amounts as functions."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import assert_never
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from services.loyalty.domain.rules.amounts import Amount
from services.loyalty.domain.rules.asking import Asked, asked_of
from services.loyalty.domain.rules.fact import Trigger
from services.loyalty.domain.rules.holding import Holds, holds
from services.loyalty.domain.rules.language import (
    TIER_BENEFIT,
    Add,
    Base,
    Cap,
    Effect,
    Group,
    Multiply,
    Rule,
    RuleSet,
    Stacking,
)
from services.loyalty.domain.rules.limits import CompiledLimit, CompiledLimits
from services.loyalty.domain.rules.points import Points, points_of
from services.loyalty.domain.rules.situation import SCALE, Situation, millionths

BASE, MULTIPLY, ADD, CAP = range(4)
"""The phases, in their order."""

MULTIPLIED: tuple[Trigger, ...] = ("purchase", "partner-activity")
"""What a tier multiplies: what is paid for. A present, or a complaint's redress, is for everyone the same."""

LAST = -1001
"""A tier's multiplier comes after those of all rules."""


class TierFactors(Struct, frozen=True):
    """What tiers multiply the base by, by their names, and in which currencies."""

    factors: Mapping[str, Decimal] = {}
    currencies: tuple[str, ...] = ()


NO_FACTORS = TierFactors()


class CompiledEffect(Struct, frozen=True, eq=False):
    """An effect with its place: `name` is `<rule>:<number>`, and `rank` orders effects.

    `always`: it takes effect whatever the stacking of its phase picks.
    """

    name: str
    rule: str
    number: int
    phase: int
    points_currency: str
    rank: tuple[int, int, str, int]
    points: Points
    factor: int
    limits: CompiledLimits
    always: bool = False


class CompiledRule(Struct, frozen=True, eq=False):
    """A rule whose trigger has come: whether it applies, and its effects."""

    rule: Rule
    since: datetime | None
    until: datetime | None
    holds: Holds | None
    effects: tuple[CompiledEffect, ...]

    def applies(self, situation: Situation) -> bool:
        """Tell whether the fact lies in the rule's time, and its condition holds."""
        at = situation.fact.occurred_at
        if (self.since is not None and at < self.since) or (self.until is not None and self.until <= at):
            return False
        return self.holds is None or self.holds(situation)


class CompiledRules(Struct, frozen=True, eq=False):
    """All rules by what sets them off, those of higher priority first; `shares`: some limit is one of all members.

    `asks` is what the rules want to know of a member beside their facts.
    `benefits` are the multipliers of the tiers that have one, as rules.
    """

    version: int
    zone: ZoneInfo
    by_trigger: Mapping[Trigger, tuple[CompiledRule, ...]]
    stacking: Stacking
    groups: Mapping[str, Group]
    shares: bool = False
    asks: Asked = Asked()
    benefits: Mapping[str, CompiledRule] = {}

    def benefit(self, trigger: Trigger, tier: str) -> CompiledRule | None:
        """Return the multiplier of a tier as a rule; None where it has none, or doesn't multiply such facts."""
        return self.benefits.get(tier) if trigger in MULTIPLIED else None


def compiled(rules: RuleSet, zone: str = "UTC", version: int = 1, of_tiers: TierFactors = NO_FACTORS) -> CompiledRules:
    """Compile a rule set that has no faults, once for all facts that are to be judged by it."""
    where, limits = ZoneInfo(zone), _limits_of_all(rules)
    ordered = sorted(rules.rules, key=lambda rule: (-rule.priority, rule.id))
    by_trigger: dict[Trigger, list[CompiledRule]] = {}
    for rule in ordered:
        one = _rule(rule, limits, where)
        for trigger in dict.fromkeys(rule.on):
            by_trigger.setdefault(trigger, []).append(one)
    return CompiledRules(
        version,
        where,
        {trigger: tuple(found) for trigger, found in by_trigger.items()},
        rules.stacking,
        {group.id: group for group in rules.groups},
        rules.shares,
        asked_of(rules),
        {tier: _benefit(factor, of_tiers.currencies, limits) for tier, factor in of_tiers.factors.items()},
    )


def _benefit(factor: Decimal, currencies: tuple[str, ...], limits: CompiledLimits) -> CompiledRule:
    multipliers = tuple(Multiply(factor, currency) for currency in currencies)
    rule = Rule(id=TIER_BENEFIT, on=MULTIPLIED, effects=multipliers, priority=LAST)
    effects = (_effect(rule, number, effect, limits) for number, effect in enumerate(multipliers, start=1))
    return CompiledRule(rule, None, None, None, tuple(structs.replace(effect, always=True) for effect in effects))


def _rule(rule: Rule, limits: CompiledLimits, zone: ZoneInfo) -> CompiledRule:
    effects = tuple(_effect(rule, number, effect, limits) for number, effect in enumerate(rule.effects, start=1))
    return CompiledRule(
        rule, _begins(rule.since, zone), _begins(rule.until, zone), holds(rule.when) if rule.when else None, effects
    )


def _effect(rule: Rule, number: int, effect: Effect, limits: CompiledLimits) -> CompiledEffect:
    phase, amount, factor = _parts(effect)
    return CompiledEffect(
        f"{rule.id}:{number}",
        rule.id,
        number,
        phase,
        effect.points_currency,
        (phase, -rule.priority, rule.id, number),
        points_of(amount) if amount else _nothing,
        factor,
        _limits(rule, effect.points_currency, limits),
    )


def _nothing(_: Situation, __: int) -> int:
    return 0


def _parts(effect: Effect) -> tuple[int, Amount | None, int]:
    """Return the phase, the amount, and the effect's number: millionths to multiply by, or points at most."""
    match effect:
        case Base(amount):
            return BASE, amount, SCALE
        case Multiply(by):
            return MULTIPLY, None, millionths(by)
        case Add(amount):
            return ADD, amount, SCALE
        case Cap(points):
            return CAP, None, points
        case _:
            assert_never(effect)


def _limits_of_all(rules: RuleSet) -> CompiledLimits:
    """Return the limits on the points of all rules; they are the same ones for each, so that each is asked once."""
    caps = [CompiledLimit("member", "*", limit) for limit in rules.caps]
    return (*caps, *(CompiledLimit("all", "*", limit) for limit in rules.budgets))


def _limits(rule: Rule, points_currency: str, of_all: CompiledLimits) -> CompiledLimits:
    """Return the limits on a rule's points in one currency, its own first, then those of the programme."""
    found = [
        *(CompiledLimit("member", rule.id, limit) for limit in rule.caps),
        *(CompiledLimit("all", rule.id, limit) for limit in rule.budgets),
        *of_all,
    ]
    return tuple(one for one in found if one.limit.points_currency == points_currency)


def _begins(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
