"""What a fact earns: a pure function of the rules, the fact, its member, and what the limits had given before."""

from collections.abc import Mapping

from services.loyalty.domain.rules.compiled import CompiledEffect, CompiledRules
from services.loyalty.domain.rules.fact import Fact, Member
from services.loyalty.domain.rules.limits import Allowances
from services.loyalty.domain.rules.situation import Situation
from services.loyalty.domain.rules.stacking import Desired, PassedOver, caps_of, desired, of_groups
from services.loyalty.domain.rules.trace import LARGEST, PHASES, Grant, Trace


def effects(rules: CompiledRules, fact: Fact, member: Member, used: Mapping[str, int]) -> Trace:
    """Return every effect on the fact, in the order base, multiply, add, cap.

    `used` are the points that each limit has given before the fact, by key; none
    where a key is missing. What was paid back whole earns nothing. After a return
    in part the rules that took effect stay the same: what was passed over then
    isn't chosen now, what no longer applies falls away (but for a cap), and the
    amounts are those of what is left. So no return ever earns. The multiplier of the
    member's tier is the last of all, whichever others are picked.
    """
    if fact.returned >= fact.amount > 0:
        return Trace(rules.version)
    situation = Situation(fact, member, rules.zone)
    applying = [rule for rule in rules.by_trigger.get(fact.trigger, ()) if rule.applies(situation)]
    benefit = rules.benefit(fact.trigger, member.tier)
    if benefit is not None:
        applying.append(benefit)
    lost: PassedOver = {}
    chosen = of_groups(rules, applying, situation, lost)
    those = [effect for rule in chosen for effect in rule.effects]
    wanted, caps = desired(rules, those, situation, lost), caps_of(those)
    if fact.returned:
        situation = situation.after_returns()
        left = [effect for rule in chosen if rule.applies(situation) for effect in rule.effects]
        those = [effect for effect in left if effect.name not in lost]
        wanted = desired(rules, those, situation, {})
    return _granted(rules.version, wanted, caps, Allowances(situation, used), lost)


def _granted(
    version: int, wanted: Desired, caps: Mapping[str, CompiledEffect], allowances: Allowances, lost: PassedOver
) -> Trace:
    """Grant the effects one after the other, each what the caps of the fact and the limits leave it."""
    left: dict[str, int] = {currency: cap.factor for currency, cap in caps.items()}
    grants = []
    for effect, points in wanted:
        if effect.always and not points:
            continue  # a tier's multiplier of nothing: not a word about it
        currency = effect.points_currency
        room = left.get(currency, LARGEST)
        granted, limit = (room, _name(caps, currency)) if room < points else (points, "")
        if effect.limits:
            granted, tighter = allowances.grant(granted, effect.limits)
            limit = tighter or limit
        left[currency] = room - granted
        grants.append(Grant(effect.rule, effect.number, PHASES[effect.phase], currency, points, granted, limit))
    return Trace(version, tuple(grants), allowances.used, allowances.uses, lost)


def _name(caps: Mapping[str, CompiledEffect], currency: str) -> str:
    return caps[currency].rule if currency in caps else "64 bits"
