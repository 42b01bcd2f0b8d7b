"""What a fact earned, and by what: every effect, what it would have given, and what it was granted."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

LARGEST = 2**63 - 1
"""No fact is granted more: points are 64-bit integers. Rules that could reach it have a fault."""

Phase = Literal["base", "multiply", "add"]

PHASES: tuple[Phase, ...] = ("base", "multiply", "add")


class Grant(Struct, frozen=True, omit_defaults=True, gc=False):
    """What one effect of one rule gives; `limit` names what kept it from more: a cap rule, or the key of a limit."""

    rule: str
    effect: int
    phase: Phase
    points_currency: str
    desired: int
    granted: int
    limit: str = ""


class Trace(Struct, frozen=True, omit_defaults=True, gc=False):
    """What the rules of a programme's version make of one fact, in the order in which effects take place.

    `used` is what the limits that were asked had already given before the fact,
    and `uses` what this fact takes of them, by key. `passed_over` tells by which
    group or phase an effect, `<rule>:<number>`, lost to others.
    """

    version: int
    grants: tuple[Grant, ...] = ()
    used: dict[str, int] = {}
    uses: dict[str, int] = {}
    passed_over: dict[str, str] = {}

    def granted(self, points_currency: str) -> int:
        """Return the points that the fact earns in one currency."""
        return sum(grant.granted for grant in self.grants if grant.points_currency == points_currency)

    def currencies(self) -> Iterator[str]:
        """Yield the currencies that effects were about, each once."""
        yield from dict.fromkeys(grant.points_currency for grant in self.grants)
