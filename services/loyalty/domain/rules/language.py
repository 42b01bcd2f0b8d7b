"""A rule set: what earns how many points, what multiplies and adds to them, and what limits them."""

from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from services.loyalty.domain.rules.amounts import Amount
from services.loyalty.domain.rules.conditions import Condition
from services.loyalty.domain.rules.fact import Trigger

Window = Literal["day", "week", "month", "year", "ever"]
"""How long a limit counts for, by the programme's calendar: a week begins on Monday."""

TIER_BENEFIT = "tier-benefit"
"""The rule under which a tier's multiplier takes effect; no rule of a programme can have its name."""

Pick = Literal["all", "best", "first"]
"""Which of several count: all, the one with most points, or the one with the highest priority."""


class Base(Struct, frozen=True, tag="base", forbid_unknown_fields=True, omit_defaults=True):
    """First: the points that the fact itself earns."""

    amount: Amount
    points_currency: str = "points"


class Multiply(Struct, frozen=True, tag="multiply", forbid_unknown_fields=True, omit_defaults=True):
    """Second: the base becomes `by` times as much. Several factors are multiplied, and the product floored once."""

    by: Decimal
    points_currency: str = "points"


class Add(Struct, frozen=True, tag="add", forbid_unknown_fields=True, omit_defaults=True):
    """Third: more points, which nothing multiplies."""

    amount: Amount
    points_currency: str = "points"


class Cap(Struct, frozen=True, tag="cap", forbid_unknown_fields=True, omit_defaults=True):
    """Last: no more than so many points for the one fact, from all rules together."""

    points: int
    points_currency: str = "points"


Effect = Base | Multiply | Add | Cap


class Limit(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """No more than so many points in each window. A cap counts one member's points, a budget those of all members."""

    points: int
    window: Window
    points_currency: str = "points"


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where one of `on` happens, and `when` holds, from the day `since` until before the day `until`: these effects.

    Among rules of one phase, and of one group, a higher `priority` comes first, then the smaller id.
    """

    id: str
    on: tuple[Trigger, ...]
    effects: tuple[Effect, ...]
    name: str = ""
    when: Condition | None = None
    priority: int = 0
    groups: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    caps: tuple[Limit, ...] = ()
    budgets: tuple[Limit, ...] = ()


class Group(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Rules that exclude each other: of those that apply to a fact only one takes effect.

    `best` is the one with which the fact earns most in `points_currency`, together
    with the rules that are in no group, before caps.
    """

    id: str
    pick: Literal["best", "first"] = "best"
    points_currency: str = "points"


class Stacking(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which effects count where a fact meets several of one phase and currency."""

    base: Pick = "all"
    multiply: Pick = "all"
    add: Pick = "all"


class RuleSet(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All rules of a programme, how they stack, and what they may give together."""

    rules: tuple[Rule, ...] = ()
    stacking: Stacking = Stacking()
    groups: tuple[Group, ...] = ()
    caps: tuple[Limit, ...] = ()
    budgets: tuple[Limit, ...] = ()

    @property
    def shares(self) -> bool:
        """Whether some limit is one of all members."""
        return bool(self.budgets) or any(rule.budgets for rule in self.rules)
