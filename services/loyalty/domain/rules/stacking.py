"""Which of the rules that apply take effect: of an exclusive group one, and of a phase as many as it is said to let."""

from collections.abc import Sequence
from operator import attrgetter

from services.loyalty.domain.rules.compiled import (
    ADD,
    BASE,
    CAP,
    MULTIPLY,
    CompiledEffect,
    CompiledRule,
    CompiledRules,
)
from services.loyalty.domain.rules.language import Group, Pick
from services.loyalty.domain.rules.situation import SCALE, Situation

Desired = list[tuple[CompiledEffect, int]]
"""Effects in the order in which they take place, and the points that each wants to give."""

PassedOver = dict[str, str]

_by_rank = attrgetter("rank")


def of_groups(
    rules: CompiledRules, applying: Sequence[CompiledRule], situation: Situation, lost: PassedOver
) -> Sequence[CompiledRule]:
    """Return the rules that apply, of each exclusive group only the one that it picks; note in `lost` who lost."""
    free = [rule for rule in applying if not rule.rule.groups]
    if len(free) == len(applying):
        return applying
    rivals: dict[str, list[CompiledRule]] = {}
    for rule in applying:
        for group in rule.rule.groups:
            rivals.setdefault(group, []).append(rule)
    picked = set()
    for name, those in rivals.items():
        winner = _winner(rules, rules.groups[name], those, free, situation)
        picked.add(winner.rule.id)
        losers = (effect for rule in those if rule is not winner for effect in rule.effects)
        lost.update((effect.name, name) for effect in losers)
    return [rule for rule in applying if not rule.rule.groups or rule.rule.id in picked]


def _winner(
    rules: CompiledRules, group: Group, rivals: Sequence[CompiledRule], free: Sequence[CompiledRule], s: Situation
) -> CompiledRule:
    if group.pick == "first" or len(rivals) == 1:
        return rivals[0]
    beside = [effect for rule in free for effect in rule.effects]
    currency = group.points_currency

    def worth(rival: CompiledRule) -> int:
        wanted = desired(rules, sorted([*beside, *rival.effects], key=_by_rank), s, {})
        return sum(points for effect, points in wanted if effect.points_currency == currency)

    return max(rivals, key=worth)  # of equals the first, which has the higher priority


def desired(rules: CompiledRules, effects: Sequence[CompiledEffect], situation: Situation, lost: PassedOver) -> Desired:
    """Return what each effect wants to give, in order; where a phase lets one alone take place, that one.

    Of one phase, the effects come in the order of their ranks.
    """
    base: dict[str, int] = {}
    found: Desired = []
    stacking = rules.stacking
    picks: Sequence[tuple[int, Pick]] = ((BASE, stacking.base), (MULTIPLY, stacking.multiply), (ADD, stacking.add))
    for phase, pick in picks:
        those = [effect for effect in effects if effect.phase == phase]
        if phase == MULTIPLY:
            picked = _picked([(one, one.factor) for one in those if not one.always], pick, lost)
            wanted = _multiplied([*picked, *((one, one.factor) for one in those if one.always)], base)
        else:
            given = [(one, one.points(situation, base.get(one.points_currency, 0))) for one in those]
            wanted = _picked(given, pick, lost)
        if phase == BASE:
            for effect, points in wanted:
                base[effect.points_currency] = base.get(effect.points_currency, 0) + points
        found += wanted
    return found


def _multiplied(factors: Desired, base: dict[str, int]) -> Desired:
    """Return what each factor adds, one upon the other, to the base of its currency, floored at the end alone."""
    found: Desired = []
    reached = {currency: (points, 1) for currency, points in base.items()}
    for effect, factor in factors:
        above, below = reached.get(effect.points_currency, (0, 1))
        after = above * factor, below * SCALE
        reached[effect.points_currency] = after
        found.append((effect, after[0] // after[1] - above // below))
    return found


def _picked(wanted: Desired, pick: Pick, lost: PassedOver) -> Desired:
    """Return all, or for each currency the first, or the first of the largest."""
    if pick == "all" or len(wanted) < 2:
        return wanted
    best: dict[str, tuple[CompiledEffect, int]] = {}
    for item in wanted:
        current = best.setdefault(item[0].points_currency, item)
        if pick == "best" and item[1] > current[1]:
            best[item[0].points_currency] = item
    kept = list(best.values())
    lost.update((item[0].name, pick) for item in wanted if item not in kept)
    return sorted(kept, key=lambda item: item[0].rank)


def caps_of(effects: Sequence[CompiledEffect]) -> dict[str, CompiledEffect]:
    """Return the lowest cap of each currency."""
    lowest: dict[str, CompiledEffect] = {}
    for effect in effects:
        if effect.phase == CAP:
            known = lowest.get(effect.points_currency)
            if known is None or effect.factor < known.factor:
                lowest[effect.points_currency] = effect
    return lowest
