"""What of an order counts: with or without tax, without what points paid for, and which of its lines."""

from typing import Literal

from msgspec import Struct

Part = Literal["included", "excluded"]


class Lines(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which lines of an order are meant: these products and categories, less those that are excepted.

    A category means all below it, too: `garden` has `garden/tools`. Where neither
    products nor categories are named, the whole order is meant, also what no line tells of.
    """

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    except_products: tuple[str, ...] = ()
    except_categories: tuple[str, ...] = ()


class Counted(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What of an order's amount counts. What isn't counted is spread over its lines in proportion to their amounts."""

    tax: Part = "included"
    paid_with_points: Part = "excluded"
    lines: Lines = Lines()
