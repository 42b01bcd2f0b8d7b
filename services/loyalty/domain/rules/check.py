"""The faults of a rule set, each with the rule and the field: one without any evaluates every fact."""

import re

from services.loyalty.domain.rules.bounds import overflow_faults
from services.loyalty.domain.rules.fault import Fault, Faults, Known
from services.loyalty.domain.rules.faulty_conditions import check_condition, check_days
from services.loyalty.domain.rules.faulty_effects import check_effect, check_end, check_limits
from services.loyalty.domain.rules.faulty_stacking import stacking_faults
from services.loyalty.domain.rules.language import TIER_BENEFIT, Rule, RuleSet

MOST_RULES = 500
MOST_EFFECTS = 20
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_RESERVED = {"all", "best", "first", TIER_BENEFIT}
_NAMED = "must be up to 64 small letters, digits and hyphens, and no word of the language"


def faults_of(rules: RuleSet, known: Known) -> list[Fault]:
    """Return every fault, those of the whole first; what follows from others is looked at when those are gone."""
    found = _whole(rules, known)
    for place, rule in enumerate(rules.rules):
        found += _rule(place, rule, known)
    return found or [*stacking_faults(rules), *overflow_faults(rules, known.multiplier)]


def _whole(rules: RuleSet, known: Known) -> list[Fault]:
    faults = Faults("", known)
    faults.unless(len(rules.rules) <= MOST_RULES, "/rules", f"must hold at most {MOST_RULES} rules")
    check_limits(faults, "/caps", rules.caps, "cap")
    check_limits(faults, "/budgets", rules.budgets, "budget")
    for place, limit in enumerate(rules.budgets):
        faults.unless(limit.window != "ever", f"/budgets/{place}/window", "never ends: name day, week, month or year")
    for place, group in enumerate(rules.groups):
        faults.unless(_ID.fullmatch(group.id) and group.id not in _RESERVED, f"/groups/{place}/id", _NAMED)
        faults.points_currency(f"/groups/{place}", group.points_currency)
    seen: set[str] = set()
    for place, rule in enumerate(rules.rules):
        if rule.id in seen:
            faults.found.append(Fault(f"/rules/{place}/id", rule.id, "names a second rule as another one is named"))
        seen.add(rule.id)
    return faults.found


def _rule(place: int, rule: Rule, known: Known) -> list[Fault]:
    faults, at = Faults(rule.id, known), f"/rules/{place}"
    faults.unless(_ID.fullmatch(rule.id) and rule.id != TIER_BENEFIT, f"{at}/id", _NAMED)
    faults.unless(rule.on, f"{at}/on", "names no trigger, so the rule can never take effect")
    faults.unless(1 <= len(rule.effects) <= MOST_EFFECTS, f"{at}/effects", f"must hold 1 to {MOST_EFFECTS} effects")
    faults.unless(-1000 <= rule.priority <= 1000, f"{at}/priority", "must be -1000 to 1000")
    faults.unless(len(rule.name) <= 200, f"{at}/name", "must be at most 200 characters")
    check_days(faults, at, rule.since, rule.until)
    if rule.when is not None:
        check_condition(faults, f"{at}/when", rule.when)
    for number, effect in enumerate(rule.effects):
        check_effect(faults, f"{at}/effects/{number}", effect)
    check_limits(faults, f"{at}/caps", rule.caps, "cap")
    check_limits(faults, f"{at}/budgets", rule.budgets, "budget")
    check_end(faults, at, rule)
    return faults.found
