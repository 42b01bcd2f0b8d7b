"""The most that a rule set could ever give for one fact: what would pass 2^63 is refused before it can happen.

The bound is for amounts and attributes below 10^15, and a million items.
"""

from collections.abc import Iterator
from decimal import Decimal
from math import prod

from services.loyalty.domain.rules.amounts import Amount, Fixed, PerAmount, PerItem, PerUnit, Share, Steps
from services.loyalty.domain.rules.fact import Trigger
from services.loyalty.domain.rules.fault import Fault
from services.loyalty.domain.rules.language import Add, Base, Multiply, Rule, RuleSet
from services.loyalty.domain.rules.situation import SCALE, TOO_LARGE, millionths
from services.loyalty.domain.rules.trace import LARGEST

MOST_ITEMS = 1_000_000


def overflow_faults(rules: RuleSet, of_tier: Decimal = Decimal(1)) -> Iterator[Fault]:
    """Yield, for each trigger and currency that could pass 2^63 - 1, the rule that could give most.

    `of_tier` is the most that a tier multiplies the base by.
    """
    named = set()
    for trigger, currency in _met(rules):
        placed = [(place, rule) for place, rule in enumerate(rules.rules) if trigger in rule.on]
        base = sum(_most(rule, currency, Base, 0) for _, rule in placed)
        factors = [factor for _, rule in placed for factor in _factors(rule, currency)]
        multiplied = _multiplied(base, [*factors, millionths(of_tier)])
        if multiplied + sum(_most(rule, currency, Add, base) for _, rule in placed) <= LARGEST:
            continue
        place, rule = max(placed, key=lambda item: _weight(item[1], currency, base))
        if rule.id not in named:
            says = f"could give more than 2^63 - 1 {currency} for one {trigger}, together with the other rules"
            yield Fault(f"/rules/{place}/effects", rule.id, says)
        named.add(rule.id)


def _met(rules: RuleSet) -> list[tuple[Trigger, str]]:
    """Return every trigger with every currency that it can give."""
    met: set[tuple[Trigger, str]] = {
        (trigger, effect.points_currency) for rule in rules.rules for trigger in rule.on for effect in rule.effects
    }
    return sorted(met)


def most_points(amount: Amount, base: int) -> int:
    """Return the most points that an amount can come to."""
    match amount:
        case PerAmount(points, each) | PerUnit(_, points, each):
            return points * (millionths(TOO_LARGE) // millionths(each))
        case Fixed(points):
            return points
        case PerItem(points):
            return points * MOST_ITEMS
        case Steps(steps):
            return max(step.points for step in steps)
        case Share(share):
            return base * millionths(share) // SCALE


def _most(rule: Rule, currency: str, kind: type[Base] | type[Add], base: int) -> int:
    return sum(
        most_points(effect.amount, base)
        for effect in rule.effects
        if isinstance(effect, kind) and effect.points_currency == currency
    )


def _factors(rule: Rule, currency: str) -> list[int]:
    return [
        millionths(effect.by)
        for effect in rule.effects
        if isinstance(effect, Multiply) and effect.points_currency == currency
    ]


def _multiplied(base: int, factors: list[int]) -> int:
    scale: int = SCALE ** len(factors)
    return base * prod(factors) // scale


def _weight(rule: Rule, currency: str, base: int) -> int:
    """Return how much of the whole a rule is to blame for."""
    own = _most(rule, currency, Base, 0) + _most(rule, currency, Add, base)
    return own + _multiplied(base, _factors(rule, currency)) - base
