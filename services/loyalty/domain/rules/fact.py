"""What happened, and to whom, as earning rules may know it."""

from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

from msgspec import Struct

Trigger = Literal[
    "purchase",
    "interaction",
    "survey",
    "referral",
    "birthday",
    "anniversary",
    "sign-up",
    "touchpoint",
    "partner-activity",
    "redress",
]
"""What can earn points. A refund is no trigger: it takes back what its purchase earned."""

TRIGGERS: tuple[Trigger, ...] = get_args(Trigger)

Value = bool | int | str
"""An attribute; numbers with decimals are decimal strings."""

NOTHING = Decimal(0)


class Line(Struct, frozen=True, omit_defaults=True, gc=False):
    """A position of an order. `amount` is for the whole quantity, with tax; a category is a path: `garden/tools`."""

    product: str = ""
    category: str = ""
    quantity: int = 1
    amount: Decimal = NOTHING


class Fact(Struct, frozen=True, omit_defaults=True, gc=False):
    """Something that may earn; (source, event_id) names it for ever.

    `amount` is what was paid, tax and `paid_with_points` included, in the ISO
    currency `currency`. Lines may tell of less than the amount, never of more.
    `returned` is how much of the amount was paid back since: all of it, and the
    fact earns nothing.
    """

    trigger: Trigger
    source: str
    event_id: str
    occurred_at: datetime
    amount: Decimal = NOTHING
    currency: str = ""
    tax: Decimal = NOTHING
    paid_with_points: Decimal = NOTHING
    lines: tuple[Line, ...] = ()
    channel: str = ""
    partner: str = ""
    attributes: dict[str, Value] = {}
    returned: Decimal = NOTHING


class Member(Struct, frozen=True, omit_defaults=True, gc=False):
    """What was known of a member when the fact happened; `orders` are their earlier purchases, by event time.

    `consents` are the purposes that they had agreed to. Of a birthday it is kept alone that it was
    at most so many days away, for each number of days that some rule asks for: `near_birthday`.
    """

    tier: str = ""
    segments: frozenset[str] = frozenset()
    orders: int = 0
    enrolled_at: datetime | None = None
    consents: frozenset[str] = frozenset()
    near_birthday: tuple[int, ...] = ()
