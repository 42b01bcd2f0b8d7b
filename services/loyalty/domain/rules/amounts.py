"""How many points an effect is about."""

from decimal import Decimal

from msgspec import Struct

from services.loyalty.domain.rules.counted import Counted, Lines


class PerAmount(Struct, frozen=True, tag="per-amount", forbid_unknown_fields=True, omit_defaults=True):
    """`points` for `each` full amount of what counts: floored once, over the order's total."""

    points: int
    each: Decimal = Decimal(1)
    counted: Counted = Counted()


class Fixed(Struct, frozen=True, tag="fixed", forbid_unknown_fields=True):
    """So many points."""

    points: int


class PerItem(Struct, frozen=True, tag="per-item", forbid_unknown_fields=True, omit_defaults=True):
    """`points` for each item of these lines."""

    points: int
    lines: Lines = Lines()


class PerUnit(Struct, frozen=True, tag="per-unit", forbid_unknown_fields=True, omit_defaults=True):
    """`points` for `each` full unit that an attribute tells: nights, litres, kilometres."""

    attribute: str
    points: int
    each: Decimal = Decimal(1)


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """From `at_least` on, so many points in all."""

    at_least: Decimal
    points: int


class Steps(Struct, frozen=True, tag="steps", forbid_unknown_fields=True, omit_defaults=True):
    """The points of the highest step that what counts reaches."""

    steps: tuple[Step, ...]
    counted: Counted = Counted()


class Share(Struct, frozen=True, tag="share", forbid_unknown_fields=True):
    """A share of the base, rounded down: 0.25 is a quarter of it more. Only what is added can be a share."""

    share: Decimal


Amount = PerAmount | Fixed | PerItem | PerUnit | Steps | Share
