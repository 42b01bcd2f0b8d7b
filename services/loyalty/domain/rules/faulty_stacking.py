"""What can be wrong with how rules stand together: groups that contradict, and rules that can never take effect."""

from collections.abc import Iterator, Sequence

from services.loyalty.domain.rules.fault import Fault
from services.loyalty.domain.rules.language import Add, Base, Multiply, Rule, RuleSet

_KINDS: dict[str, type[Base] | type[Multiply] | type[Add]] = {"base": Base, "multiply": Multiply, "add": Add}

Placed = tuple[int, Rule]


def stacking_faults(rules: RuleSet) -> Iterator[Fault]:
    """Yield what is wrong with groups, phases and references from one rule to another."""
    placed = sorted(enumerate(rules.rules), key=lambda item: (-item[1].priority, item[1].id))
    yield from _groups(rules, placed)
    for phase, kind in _KINDS.items():
        if getattr(rules.stacking, phase) == "first":
            yield from _phase(kind, phase, placed)
    yield from _without_base(rules)


def _groups(rules: RuleSet, placed: Sequence[Placed]) -> Iterator[Fault]:
    declared = [group.id for group in rules.groups]
    for place, rule in placed:
        at = f"/rules/{place}/groups"
        if len(rule.groups) > 1:
            yield Fault(at, rule.id, f"is in exclusive groups that contradict: {', '.join(rule.groups)}")
        for name in rule.groups:
            if name not in declared:
                yield Fault(at, rule.id, f"refers to the group {name}, which isn't declared")
    for place, group in enumerate(rules.groups):
        rivals = [(number, rule) for number, rule in placed if group.id in rule.groups]
        if declared.index(group.id) != place:
            yield Fault(f"/groups/{place}/id", "", f"declares the group {group.id} a second time")
        if not rivals:
            yield Fault(f"/groups/{place}", "", f"is a group that no rule is in: {group.id}")
        if group.pick == "first":
            yield from _unreachable(rivals, f"the group {group.id}")


def _phase(kind: type[Base] | type[Multiply] | type[Add], phase: str, placed: Sequence[Placed]) -> Iterator[Fault]:
    """Yield the rules whose effects of a phase always come after another's."""
    by_currency: dict[str, list[Placed]] = {}
    for place, rule in placed:
        for currency in {effect.points_currency for effect in rule.effects if isinstance(effect, kind)}:
            by_currency.setdefault(currency, []).append((place, rule))
    for currency, rivals in by_currency.items():
        yield from _unreachable(rivals, f"the phase {phase} in {currency}")


def _unreachable(rivals: Sequence[Placed], where: str) -> Iterator[Fault]:
    """Yield the rules that one before them always takes the place of, as `rivals` come in their fixed order."""
    for number, (place, rule) in enumerate(rivals):
        before = next((other for _, other in rivals[:number] if _covers(other, rule)), None)
        if before is not None:
            says = f"can never take effect: in {where} the first is picked, and {before.id} always comes before it"
            yield Fault(f"/rules/{place}", rule.id, says)


def _covers(other: Rule, rule: Rule) -> bool:
    """Tell whether `other` applies whenever `rule` does."""
    earlier = other.since is None or (rule.since is not None and other.since <= rule.since)
    later = other.until is None or (rule.until is not None and rule.until <= other.until)
    return other.when in (None, rule.when) and set(rule.on) <= set(other.on) and earlier and later


def _without_base(rules: RuleSet) -> Iterator[Fault]:
    """Yield the multipliers that no base is ever there for."""
    bases = {
        (trigger, effect.points_currency)
        for rule in rules.rules
        for effect in rule.effects
        if isinstance(effect, Base)
        for trigger in rule.on
    }
    for place, rule in enumerate(rules.rules):
        for number, effect in enumerate(rule.effects):
            reached = any((trigger, effect.points_currency) in bases for trigger in rule.on)
            if isinstance(effect, Multiply) and not reached:
                says = f"multiplies a base in {effect.points_currency} that no rule gives on {' or '.join(rule.on)}"
                yield Fault(f"/rules/{place}/effects/{number}", rule.id, says)
