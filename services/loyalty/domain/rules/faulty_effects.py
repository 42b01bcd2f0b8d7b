"""What can be wrong with an effect or a limit: points that are none, rates that take away, shares of nothing."""

from services.loyalty.domain.rules.amounts import Amount, Fixed, PerAmount, PerItem, PerUnit, Share, Steps
from services.loyalty.domain.rules.fault import Faults
from services.loyalty.domain.rules.faulty_conditions import check_lines
from services.loyalty.domain.rules.language import Add, Base, Cap, Effect, Limit, Multiply, Rule
from services.loyalty.domain.rules.trace import LARGEST

MOST_STEPS = 100
LARGEST_FACTOR = 1000


def check_effect(faults: Faults, at: str, effect: Effect) -> None:
    """Note what is wrong with the effect that stands at this pointer."""
    faults.points_currency(at, effect.points_currency)
    match effect:
        case Multiply(by):
            faults.money(f"{at}/by", by)
            within = not by.is_finite() or 1 <= by <= LARGEST_FACTOR
            faults.unless(within, f"{at}/by", f"must be 1 to {LARGEST_FACTOR}: to give less, lower the base")
        case Cap(points):
            faults.unless(0 <= points <= LARGEST, f"{at}/points", "must be 0 or above, and below 2^63")
        case Base(amount):
            faults.unless(not isinstance(amount, Share), f"{at}/amount", "can't be a share of itself: add it")
            check_amount(faults, f"{at}/amount", amount)
        case Add(amount):
            check_amount(faults, f"{at}/amount", amount)


def check_amount(faults: Faults, at: str, amount: Amount) -> None:
    """Note what is wrong with an amount of points."""
    match amount:
        case PerAmount(points, each, counted):
            faults.points(f"{at}/points", points)
            faults.money(f"{at}/each", each, positive=True)
            check_lines(faults, f"{at}/counted/lines", counted.lines)
        case Fixed(points):
            faults.points(f"{at}/points", points)
        case PerItem(points, lines):
            faults.points(f"{at}/points", points)
            check_lines(faults, f"{at}/lines", lines)
        case PerUnit(attribute, points, each):
            faults.unless(attribute, f"{at}/attribute", "names no attribute")
            faults.points(f"{at}/points", points)
            faults.money(f"{at}/each", each, positive=True)
        case Share(share):
            faults.money(f"{at}/share", share, positive=True)
            within = not share.is_finite() or share <= LARGEST_FACTOR
            faults.unless(within, f"{at}/share", f"must be at most {LARGEST_FACTOR}")
        case Steps():
            _check_steps(faults, at, amount)


def _check_steps(faults: Faults, at: str, amount: Steps) -> None:
    faults.unless(1 <= len(amount.steps) <= MOST_STEPS, f"{at}/steps", f"must hold 1 to {MOST_STEPS} steps")
    for place, step in enumerate(amount.steps):
        faults.points(f"{at}/steps/{place}/points", step.points)
        faults.money(f"{at}/steps/{place}/at_least", step.at_least)
    for place, (lower, upper) in enumerate(zip(amount.steps, amount.steps[1:], strict=False), start=1):
        finite = lower.at_least.is_finite() and upper.at_least.is_finite()
        rising = not finite or (lower.at_least < upper.at_least and lower.points <= upper.points)
        faults.unless(rising, f"{at}/steps/{place}", "is not above the step before it")
    check_lines(faults, f"{at}/counted/lines", amount.counted.lines)


def check_limits(faults: Faults, at: str, limits: tuple[Limit, ...], what: str) -> None:
    """Note what is wrong with caps or budgets."""
    seen = set()
    for place, limit in enumerate(limits):
        here = f"{at}/{place}"
        faults.points_currency(here, limit.points_currency)
        faults.unless(0 <= limit.points <= LARGEST, f"{here}/points", f"is a {what} below zero, or not below 2^63")
        window = (limit.points_currency, limit.window)
        faults.unless(window not in seen, here, f"is a second {what} on the same points and window")
        seen.add(window)


def check_end(faults: Faults, at: str, rule: Rule) -> None:
    """Note a budget that is spent once and for all on a rule that goes on for ever."""
    for place, limit in enumerate(rule.budgets):
        ends = limit.window != "ever" or rule.until is not None
        faults.unless(
            ends, f"{at}/budgets/{place}", "is a budget for ever on a rule that never ends: name the rule's until"
        )
