"""When a rule applies: conditions on the fact, on its member, and on the time in the programme's zone."""

from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from services.loyalty.domain.rules.counted import Counted, Lines
from services.loyalty.domain.rules.fact import Value

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

Names = tuple[str, ...]


class All(Struct, frozen=True, tag="all", forbid_unknown_fields=True):
    """Every one of these holds."""

    of: "tuple[Condition, ...]"


class AnyOf(Struct, frozen=True, tag="any", forbid_unknown_fields=True):
    """At least one of these holds."""

    of: "tuple[Condition, ...]"


class Not(Struct, frozen=True, tag="not", forbid_unknown_fields=True):
    """This doesn't hold."""

    of: "Condition"


class InSegment(Struct, frozen=True, tag="segment", forbid_unknown_fields=True):
    """The member belongs to one of these segments."""

    any_of: Names


class WithConsent(Struct, frozen=True, tag="consent", forbid_unknown_fields=True):
    """The member had agreed to one of these purposes when it happened, and not taken that back."""

    any_of: Names


class OfTier(Struct, frozen=True, tag="tier", forbid_unknown_fields=True):
    """The member had one of these tiers when it happened."""

    any_of: Names


class OverChannel(Struct, frozen=True, tag="channel", forbid_unknown_fields=True):
    """It came over one of these channels."""

    any_of: Names


class WithPartner(Struct, frozen=True, tag="partner", forbid_unknown_fields=True):
    """It happened at one of these partners."""

    any_of: Names


class InMoney(Struct, frozen=True, tag="currency", forbid_unknown_fields=True):
    """It was paid in one of these ISO currencies."""

    any_of: Names


class Bought(Struct, frozen=True, tag="bought", forbid_unknown_fields=True):
    """At least one line of the order is among these."""

    lines: Lines


class OnWeekday(Struct, frozen=True, tag="weekday", forbid_unknown_fields=True):
    """It happened on one of these days."""

    any_of: tuple[Weekday, ...]


class AtHours(Struct, frozen=True, tag="hours", forbid_unknown_fields=True):
    """It happened at or after `since` and before `until` o'clock (`HH:MM`); 22:00 to 02:00 passes midnight."""

    since: str
    until: str


class InDates(Struct, frozen=True, tag="dates", forbid_unknown_fields=True):
    """It happened on or after the day `since`, and before the day `until`."""

    since: date
    until: date


class FirstPurchase(Struct, frozen=True, tag="first-purchase", forbid_unknown_fields=True):
    """The member had bought nothing before."""


class NearBirthday(Struct, frozen=True, tag="near-birthday", forbid_unknown_fields=True, omit_defaults=True):
    """The member's birthday is at most so many days away, before or after. One on 29 February counts as the 28th."""

    days: int = 0


class OfAmount(Struct, frozen=True, tag="amount", forbid_unknown_fields=True, omit_defaults=True):
    """What counts of the amount is `at_least` so much, and `below` so much.

    After a return in part the lower bound is asked of what is left and the upper
    one of what was bought, so that a return never earns.
    """

    at_least: Decimal | None = None
    below: Decimal | None = None
    counted: Counted = Counted()


class HasAttribute(Struct, frozen=True, tag="attribute", forbid_unknown_fields=True, omit_defaults=True):
    """The fact bears this attribute, with one of these values or as a number in this range."""

    name: str
    any_of: tuple[Value, ...] = ()
    at_least: Decimal | None = None
    below: Decimal | None = None


Condition = (
    All
    | AnyOf
    | Not
    | InSegment
    | WithConsent
    | OfTier
    | OverChannel
    | WithPartner
    | InMoney
    | Bought
    | OnWeekday
    | AtHours
    | InDates
    | FirstPurchase
    | NearBirthday
    | OfAmount
    | HasAttribute
)
