"""What can be wrong with a condition: it names nothing, can never hold, or lies too deep."""

import re
from collections.abc import Collection
from datetime import date

from services.loyalty.domain.rules.conditions import (
    All,
    AnyOf,
    AtHours,
    Bought,
    Condition,
    HasAttribute,
    InDates,
    InMoney,
    NearBirthday,
    Not,
    OfAmount,
    OfTier,
    WithPartner,
)
from services.loyalty.domain.rules.counted import Lines
from services.loyalty.domain.rules.fault import Faults

DEEPEST = 8
MOST_NAMES = 1000
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MONEY = re.compile(r"[A-Z]{3}")


def check_condition(faults: Faults, at: str, condition: Condition, depth: int = 1) -> None:
    """Note what is wrong with the condition that stands at this pointer."""
    if depth > DEEPEST:
        faults.say(at, f"lies deeper than {DEEPEST} conditions in one another")
        return
    match condition:
        case All(of) | AnyOf(of):
            faults.unless(1 <= len(of) <= MOST_NAMES, f"{at}/of", f"must hold 1 to {MOST_NAMES} conditions")
            for place, item in enumerate(of):
                check_condition(faults, f"{at}/of/{place}", item, depth + 1)
        case Not(of):
            check_condition(faults, f"{at}/of", of, depth + 1)
        case Bought(lines):
            faults.unless(lines != Lines(), f"{at}/lines", "must name products or categories")
            check_lines(faults, f"{at}/lines", lines)
        case OfAmount() | HasAttribute():
            _check_range(faults, at, condition)
        case _:
            _check_time(faults, at, condition)
            _check_names(faults, at, condition)


def check_lines(faults: Faults, at: str, lines: Lines) -> None:
    """Note what is wrong with a choice of lines."""
    for field in ("products", "categories", "except_products", "except_categories"):
        check_names(faults, f"{at}/{field}", getattr(lines, field), some=False)
    for wanted, unwanted in (("products", "except_products"), ("categories", "except_categories")):
        both = sorted(set(getattr(lines, wanted)) & set(getattr(lines, unwanted)))
        faults.unless(not both, f"{at}/{unwanted}", f"excepts what {wanted} names: {', '.join(both)}")


def check_names(faults: Faults, at: str, names: tuple[object, ...], *, some: bool = True) -> None:
    """Note where a list of names is empty, too long, or holds an empty name."""
    faults.unless(names or not some, at, "names nothing, so it can never hold")
    faults.unless(len(names) <= MOST_NAMES, at, f"must hold at most {MOST_NAMES} names")
    faults.unless("" not in names, at, "holds an empty name")


def _check_names(faults: Faults, at: str, condition: Condition) -> None:
    names = getattr(condition, "any_of", None)
    if names is None:
        return
    check_names(faults, f"{at}/any_of", names)
    match condition:
        case OfTier():
            _check_reference(faults, f"{at}/any_of", names, "tier", faults.known.tiers)
        case WithPartner():
            _check_reference(faults, f"{at}/any_of", names, "partner", faults.known.partners)
        case InMoney():
            wrong = [name for name in names if not _MONEY.fullmatch(name)]
            faults.unless(not wrong, f"{at}/any_of", f"must be ISO codes such as EUR, and not {', '.join(wrong)}")
        case _:
            pass


def _check_reference(faults: Faults, at: str, names: tuple[str, ...], what: str, known: Collection[str] | None) -> None:
    if known is not None:
        missing = [name for name in names if name not in known]
        faults.unless(not missing, at, f"refers to the {what} {', '.join(missing)}, which the programme doesn't have")


def _check_time(faults: Faults, at: str, condition: Condition) -> None:
    match condition:
        case AtHours(since, until):
            for field, hour in (("since", since), ("until", until)):
                faults.unless(_HOUR.fullmatch(hour), f"{at}/{field}", "must be a time such as 09:30")
            faults.unless(since != until, f"{at}/until", "is an empty window: it ends when it begins")
        case InDates(since, until):
            check_days(faults, at, since, until)
        case NearBirthday(days):
            faults.unless(0 <= days <= 60, f"{at}/days", "must be 0 to 60 days")
        case _:
            pass


def check_days(faults: Faults, at: str, since: date | None, until: date | None) -> None:
    """Note where days are out of order, or out of the calendar that zones are known for."""
    for field, day in (("since", since), ("until", until)):
        faults.unless(day is None or 1970 <= day.year < 3000, f"{at}/{field}", "must be a day of 1970 to 2999")
    if since is not None and until is not None:
        faults.unless(since < until, f"{at}/until", f"is not after since ({since}): the days are out of order")


def _check_range(faults: Faults, at: str, condition: OfAmount | HasAttribute) -> None:
    faults.money(f"{at}/at_least", condition.at_least)
    faults.money(f"{at}/below", condition.below, positive=True)
    bounded = condition.at_least is not None or condition.below is not None
    if condition.at_least is not None and condition.below is not None:
        finite = condition.at_least.is_finite() and condition.below.is_finite()
        faults.unless(not finite or condition.at_least < condition.below, f"{at}/below", "is not above at_least")
    if isinstance(condition, OfAmount):
        faults.unless(bounded, at, "has no bound: name at_least or below")
        check_lines(faults, f"{at}/counted/lines", condition.counted.lines)
    else:
        faults.unless(condition.name, f"{at}/name", "names no attribute")
        check_names(faults, f"{at}/any_of", condition.any_of, some=False)
