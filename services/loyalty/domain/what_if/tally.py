"""Adds up what many accounts came to, on both sides; parts that were added up apart are added together."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from heapq import nlargest
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.programme.terms import EARLIEST
from services.loyalty.domain.what_if.moves import Moved

K = TypeVar("K")


class Sum(Struct):
    """Points of one rule in one currency.

    How often it gave some, what it wanted to give, what caps and budgets let it, and what is left of that
    after returns.
    """

    times: int = 0
    desired: int = 0
    granted: int = 0
    kept: int = 0

    def add(self, other: "Sum") -> None:
        """Add another one."""
        self.times += other.times
        self.desired += other.desired
        self.granted += other.granted
        self.kept += other.kept


class Cell(Struct):
    """What one month did to a cohort's points: see `liability.cohort.Moved`."""

    issued: int = 0
    reversed: int = 0
    price: Decimal = Decimal(0)

    def add(self, other: "Cell", sign: int = 1) -> None:
        """Add another one, or take it away."""
        self.issued += sign * other.issued
        self.reversed += sign * other.reversed
        self.price += sign * other.price


LAST_FOR_SURE = 28
"""No month's last day by any zone's clock lies before this one."""

CellKey = tuple[date, str, str, str, date]
"""Month of issue, currency, partner, money, and the month in which it happened."""


class Totals(Struct):
    """One side: by rule and currency, by budget, members by tier, moves (from, to, reason), and cells of cohorts."""

    rules: dict[tuple[str, str], Sum] = {}
    budgets: dict[str, int] = {}
    tiers: dict[str, int] = {}
    moves: dict[tuple[str, str, str], int] = {}
    cells: dict[CellKey, Cell] = {}

    def add(self, other: "Totals") -> None:
        """Add another part."""
        for name, total in other.rules.items():
            self.rules.setdefault(name, Sum()).add(total)
        for key, cell in other.cells.items():
            self.cells.setdefault(key, Cell()).add(cell)
        count(self.budgets, other.budgets)
        count(self.tiers, other.tiers)
        count(self.moves, other.moves)

    def judge(self, judged: Judged, stands: Mapping[tuple[str, str], int]) -> None:
        """Add what one fact was granted, and what it stands for."""
        for grant in judged.trace.grants:
            total = self._sum((grant.rule, grant.points_currency))
            total.times += grant.granted > 0
            total.desired += grant.desired
            total.granted += grant.granted
        for (effect, currency), points in stands.items():
            self._sum((effect.rpartition(":")[0], currency)).kept += points
        for key, points in judged.trace.uses.items():
            if key.startswith("all:"):
                self.budgets[key] = self.budgets.get(key, 0) + points

    def _sum(self, name: tuple[str, str]) -> Sum:
        found = self.rules.get(name)
        if found is None:
            found = self.rules[name] = Sum()
        return found

    def move(self, moved: Moved) -> None:
        """Add how a member's tier moved."""
        if moved.tier:
            self.tiers[moved.tier] = self.tiers.get(moved.tier, 0) + 1
        for move in moved.moves:
            name = (move.before, move.after, str(move.reason))
            self.moves[name] = self.moves.get(name, 0) + 1

    def cell(self, key: CellKey) -> Cell:
        """Return a cohort's cell of a month."""
        cell = self.cells.get(key)
        if cell is None:
            cell = self.cells[key] = Cell()
        return cell


class Affected(Struct, frozen=True):
    """A member, and what their facts of the period stand for in each currency: (really, simulated); and their tiers."""

    account: str
    points: dict[str, tuple[int, int]]
    tier: str
    tier_simulated: str

    def difference(self, currency: str) -> int:
        """Return how many points more, or less, they would have."""
        really, simulated = self.points.get(currency, (0, 0))
        return simulated - really


class Tally(Struct):
    """What all accounts came to. `facts` and `members` are those of the period."""

    main: str
    most: int
    accounts: int = 0
    facts: int = 0
    members: int = 0
    gaining: int = 0
    losing: int = 0
    real: Totals = field(default_factory=Totals)
    simulated: Totals = field(default_factory=Totals)
    affected: list[Affected] = []

    def note(self, found: Affected) -> None:
        """Count a member, and keep those who are most affected: by points of the main currency, then by name."""
        more = found.difference(self.main)
        self.gaining += more > 0
        self.losing += more < 0
        if any(really != simulated for really, simulated in found.points.values()) or found.tier != (
            found.tier_simulated
        ):
            self.affected.append(found)
            if len(self.affected) > 4 * self.most + 100:
                self.affected = self.largest()

    def largest(self) -> list[Affected]:
        """Return the members who are most affected, the most affected first."""

        def rank(found: Affected) -> tuple[int, bool, str]:
            return (abs(found.difference(self.main)), found.tier != found.tier_simulated, found.account)

        return nlargest(self.most, self.affected, key=rank)

    def add(self, other: "Tally") -> None:
        """Add another part."""
        self.accounts += other.accounts
        self.facts += other.facts
        self.members += other.members
        self.gaining += other.gaining
        self.losing += other.losing
        self.real.add(other.real)
        self.simulated.add(other.simulated)
        self.affected = [*self.affected, *other.affected]
        self.affected = self.largest()


def count(into: dict[K, int], more: Mapping[K, int]) -> None:
    """Add numbers to those of the same names."""
    for name, number in more.items():
        into[name] = into.get(name, 0) + number


class Calendar:
    """Months by the programme's clock."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def month(self, moment: datetime) -> date:
        """Return the first day of the month that a moment lies in."""
        if 1 < moment.day < LAST_FOR_SURE and moment >= EARLIEST:
            return moment.date().replace(day=1)  # the same month in every zone
        return max(moment, EARLIEST).astimezone(self._zone).date().replace(day=1)
