"""Rules in words: what an amount, a condition, a limit or an effect says, for people."""

from decimal import Decimal
from typing import assert_never

from services.loyalty.domain.rules.amounts import Amount, Fixed, PerAmount, PerItem, PerUnit, Share, Steps
from services.loyalty.domain.rules.conditions import (
    All,
    AnyOf,
    AtHours,
    Bought,
    Condition,
    FirstPurchase,
    HasAttribute,
    InDates,
    NearBirthday,
    Not,
    OfAmount,
    OnWeekday,
    WithConsent,
)
from services.loyalty.domain.rules.counted import Counted, Lines
from services.loyalty.domain.rules.language import Add, Base, Cap, Effect, Limit, Multiply

_WINDOWS = {"day": "in a day", "week": "in a week", "month": "in a month", "year": "in a year", "ever": "in all"}


def said_of_effect(effect: Effect) -> str:
    """Return an effect in words: `base: 5 miles for each full 1 of the amount`."""
    currency = effect.points_currency
    match effect:
        case Base(amount):
            return f"base: {said_of_amount(amount, currency)}"
        case Multiply(by):
            return f"multiply: {by} times the base in {currency}"
        case Add(amount):
            return f"add: {said_of_amount(amount, currency)}"
        case Cap(points):
            return f"cap: at most {points} {currency} for one fact"
        case _:
            assert_never(effect)


def said_of_amount(amount: Amount, currency: str) -> str:
    """Return an amount of points in words."""
    match amount:
        case PerAmount(points, each, counted):
            return f"{points} {currency} for each full {each} of {said_of_counted(counted)}"
        case Fixed(points):
            return f"{points} {currency}"
        case PerItem(points, lines):
            return f"{points} {currency} for each item{said_of_lines(lines)}"
        case PerUnit(attribute, points, each):
            return f"{points} {currency} for each full {each} of {attribute}"
        case Steps(steps, counted):
            said = ", ".join(f"{step.points} from {step.at_least}" for step in steps)
            return f"{currency} by {said_of_counted(counted)}: {said}"
        case Share(share):
            return f"{(share * 100).normalize():f} % of the base in {currency}"
        case _:
            assert_never(amount)


def said_of_counted(counted: Counted) -> str:
    """Return in words what of an order counts."""
    tax = "" if counted.tax == "included" else ", without tax"
    points = "" if counted.paid_with_points == "excluded" else ", what points paid for included"
    return f"the amount{said_of_lines(counted.lines)}{tax}{points}"


def said_of_lines(lines: Lines) -> str:
    """Return in words which lines are meant; "" for all."""
    wanted, unwanted = (*lines.products, *lines.categories), (*lines.except_products, *lines.except_categories)
    return (f" of {_or(wanted)}" if wanted else "") + (f" except {_or(unwanted)}" if unwanted else "")


def said_of_limit(limit: Limit, whose: str) -> str:
    """Return a cap or a budget in words."""
    return f"at most {limit.points} {limit.points_currency} {_WINDOWS[limit.window]}, {whose}"


def said_of_condition(condition: Condition) -> str:
    """Return a condition in words."""
    match condition:
        case All(of):
            return "(" + " and ".join(said_of_condition(item) for item in of) + ")"
        case AnyOf(of):
            return "(" + " or ".join(said_of_condition(item) for item in of) + ")"
        case Not(of):
            return f"not {said_of_condition(of)}"
        case FirstPurchase():
            return "it is the first purchase"
        case WithConsent(any_of):
            return f"there is consent to {_or(any_of)}"
        case Bought(lines):
            return f"something{said_of_lines(lines)} was bought"
        case OfAmount(at_least, below, counted):
            return f"{said_of_counted(counted)} is {_range(at_least, below)}"
        case HasAttribute():
            return _said_of_attribute(condition)
        case OnWeekday() | AtHours() | InDates() | NearBirthday():
            return _said_of_time(condition)
        case _:
            return f"the {type(condition).__struct_config__.tag} is {_or(condition.any_of)}"


def _said_of_time(condition: OnWeekday | AtHours | InDates | NearBirthday) -> str:
    match condition:
        case OnWeekday(any_of):
            return f"the day is {_or(any_of)}"
        case AtHours(since, until):
            return f"the time is from {since} until {until}"
        case InDates(since_day, until_day):
            return f"the day is from {since_day} until before {until_day}"
        case NearBirthday(days):
            return f"the birthday is at most {days} days away" if days else "it is the birthday"


def _said_of_attribute(condition: HasAttribute) -> str:
    said = [f"one of {_or(tuple(str(value) for value in condition.any_of))}"] if condition.any_of else []
    if condition.at_least is not None or condition.below is not None:
        said.append(_range(condition.at_least, condition.below))
    return f"{condition.name} is {' and '.join(said) or 'told'}"


def _range(at_least: Decimal | None, below: Decimal | None) -> str:
    said = [f"at least {at_least}"] if at_least is not None else []
    return " and ".join([*said, f"below {below}"] if below is not None else said)


def _or(names: tuple[str, ...]) -> str:
    return " or ".join(names)
