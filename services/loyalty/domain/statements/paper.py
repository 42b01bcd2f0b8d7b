"""A statement as it is printed: one member, one period, each currency, every movement in words."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from services.loyalty.domain.ledger.movements import Movement
from services.loyalty.domain.ledger.statement import statement
from services.loyalty.domain.statements.lapsing import Lapse
from services.loyalty.domain.statements.wording import Named, words
from services.loyalty.domain.tiers.projection import Goal


class Line(Struct, frozen=True):
    """One movement: what it changed of what can be spent, and that balance after it. `reason` may be sealed."""

    at: datetime
    says: str
    reason: str | None
    points: int
    balance: int


class Section(Struct, frozen=True):
    """One currency's part: opening + lines = closing; and what of it lapses soon."""

    name: str
    opening: int
    lines: tuple[Line, ...]
    closing: int
    lapses: tuple[Lapse, ...]


class Progress(Struct, frozen=True):
    """The member's tier, since when, and what is missing for the next one and to keep this one."""

    tier: str
    since: datetime | None
    next: Goal | None
    keep: Goal | None


class Paper(Struct, frozen=True):
    """What is printed; `told_at` is the moment that lapses and the tier are of.

    Days are those of `zone`. The period is since <= moment < until, from the beginning where `since` is None.
    """

    programme: str
    member: str
    since: datetime | None
    until: datetime
    told_at: datetime
    zone: str
    sections: tuple[Section, ...]
    progress: Progress | None

    @property
    def lines(self) -> int:
        """How many movements there are to print."""
        return sum(len(section.lines) for section in self.sections)


Period = tuple[datetime | None, datetime | None]
"""since and until, as `statement` takes them."""


def section(name: str, moved: Sequence[Movement], period: Period, lapses: tuple[Lapse, ...], named: Named) -> Section:
    """Return a currency's part of a statement, out of its movements."""
    made = statement(moved, *period)
    return Section(name, made.opening, tuple(_lines(made.movements, named)), made.closing, lapses)


def _lines(moved: Sequence[Movement], named: Named) -> Iterator[Line]:
    for item in moved:
        said = words(item, named)
        yield Line(item.at, said.says, said.reason, item.points, item.balance)
