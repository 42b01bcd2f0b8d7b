"""A trace in words, line by line: which rule, of which version, what it gave, and what kept it from more."""

from collections.abc import Mapping
from decimal import Decimal

from services.loyalty.domain.rules.language import TIER_BENEFIT, Multiply, Rule, RuleSet
from services.loyalty.domain.rules.trace import Grant, Trace
from services.loyalty.domain.rules.words import said_of_condition, said_of_effect


def explained(rules: RuleSet, trace: Trace, multiplier: Decimal = Decimal(1)) -> list[str]:
    """Return one line for each effect, one for each that was passed over, and the sum of each currency.

    `rules` are those of the trace's version, `multiplier` is that of the tier that the member had then.
    """
    by_id = {rule.id: rule for rule in rules.rules}
    lines = [_granted(by_id, grant, trace.version, multiplier) for grant in trace.grants]
    lines += [_lost(name, to, trace.version) for name, to in trace.passed_over.items()]
    sums = [f"{trace.granted(currency)} {currency}" for currency in trace.currencies()]
    return [*lines, f"in all: {', '.join(sums) or 'nothing'}"]


def sentence(rule: Rule) -> str:
    """Return a whole rule in words."""
    when = f" when {said_of_condition(rule.when)}" if rule.when else ""
    since = f" from {rule.since}" if rule.since else ""
    until = f" until before {rule.until}" if rule.until else ""
    effects = "; ".join(said_of_effect(effect) for effect in rule.effects)
    return f"on {' or '.join(rule.on)}{when}{since}{until}: {effects}"


def said_of_benefit(multiplier: Decimal, currency: str) -> str:
    """Return in words what a tier's multiplier does."""
    return f"{said_of_effect(Multiply(multiplier, currency))}, as the benefit of the tier"


def _granted(rules: Mapping[str, Rule], grant: Grant, version: int, multiplier: Decimal) -> str:
    if grant.rule == TIER_BENEFIT:
        said = said_of_benefit(multiplier, grant.points_currency)
    else:
        said = said_of_effect(rules[grant.rule].effects[grant.effect - 1])
    line = f"{grant.rule} (version {version}): {said}: {grant.desired}"
    if grant.granted == grant.desired:
        return line
    return f"{line}, of which {grant.granted} granted: {_limit(grant.limit)} leaves no more"


def _limit(name: str) -> str:
    """Return a limit's key, or the id of a rule with a cap, in words."""
    whose, _, rest = name.partition(":")
    if not rest:
        return f"the cap of {name}"
    rule, currency, window, start = rest.split(":")
    kind = "cap" if whose == "member" else "budget"
    of = "the programme" if rule == "*" else rule
    when = f"the {window} of {start}" if start else "all time"
    return f"the {kind} of {of} in {currency} for {when}"


def _lost(name: str, to: str, version: int) -> str:
    rule, _, number = name.partition(":")
    why = {"best": "another of its phase gives more", "first": "another of its phase comes first"}
    return f"{rule} (version {version}): effect {number} passed over: {why.get(to, f'another rule of {to} was picked')}"
