"""What a simulation came to: every figure as it really was, and as it would have been."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.liability.cohort import Cohort, Moved
from services.loyalty.domain.liability.liability import Assumed, Line, lines
from services.loyalty.domain.liability.total import totals
from services.loyalty.domain.money import to_cents
from services.loyalty.domain.what_if.tally import Affected, Cell, CellKey, Sum, Tally, Totals


class RuleSum(Struct, frozen=True):
    """What one rule gave in one currency: how often, what it wanted to, what limits let it, what returns left of it."""

    times: int = 0
    desired: int = 0
    granted: int = 0
    kept: int = 0


class RuleLine(Struct, frozen=True):
    """A rule and a currency on both sides."""

    rule: str
    currency: str
    real: RuleSum
    simulated: RuleSum


class PointsLine(Struct, frozen=True):
    """Points of a currency that the facts of the period stand for."""

    currency: str
    real: int
    simulated: int


class CountLine(Struct, frozen=True):
    """How many members had a tier just before the period's end, or what was used of a budget, by its key."""

    key: str
    real: int
    simulated: int


class MoveLine(Struct, frozen=True):
    """How many moves there were from one tier to another within the period, and why."""

    before: str
    after: str
    reason: str
    real: int
    simulated: int


class MoneyLine(Struct, frozen=True):
    """In one money, to the cent: what the points of the period are expected to cost, and what is owed at its end."""

    money: str
    cost: Decimal
    cost_simulated: Decimal
    liability: Decimal
    liability_simulated: Decimal


class MemberLine(Struct, frozen=True, omit_defaults=True):
    """A member: points in each currency, really and simulated, and their tiers at the end of the period."""

    customer_id: UUID
    points: tuple[PointsLine, ...]
    tier: str = ""
    tier_simulated: str = ""


class Outcome(Struct, frozen=True):
    """The whole result. `accounts` were read, `members` had `facts` within the period."""

    accounts: int
    members: int
    facts: int
    gaining: int
    losing: int
    points: tuple[PointsLine, ...]
    rules: tuple[RuleLine, ...]
    budgets: tuple[CountLine, ...]
    tiers: tuple[CountLine, ...]
    moves: tuple[MoveLine, ...]
    money: tuple[MoneyLine, ...]
    affected: tuple[MemberLine, ...]


def outcome_of(tally: Tally, moved: Sequence[Moved], until: date, assumed: Assumed) -> Outcome:
    """Return the outcome; `moved` is what really moved the cohorts until the end of the period, in month `until`.

    Liability: members redeem what they really did. What the rules changed is added to what really moved.
    """
    real, other = tally.real, tally.simulated
    return Outcome(
        tally.accounts,
        tally.members,
        tally.facts,
        tally.gaining,
        tally.losing,
        tuple(_points(real, other)),
        tuple(
            RuleLine(*name, _rule(real.rules.get(name)), _rule(other.rules.get(name)))
            for name in sorted({*real.rules, *other.rules})
        ),
        _counts(real.budgets, other.budgets),
        _counts(real.tiers, other.tiers),
        tuple(
            MoveLine(*name, real.moves.get(name, 0), other.moves.get(name, 0))
            for name in sorted({*real.moves, *other.moves})
        ),
        tuple(_money(real, other, moved, until, assumed)),
        tuple(_member(found) for found in tally.largest()),
    )


def _points(real: Totals, other: Totals) -> Iterator[PointsLine]:
    for currency in sorted({name[1] for name in (*real.rules, *other.rules)}):
        kept = (sum(total.kept for name, total in side.rules.items() if name[1] == currency) for side in (real, other))
        yield PointsLine(currency, *kept)


def _rule(total: Sum | None) -> RuleSum:
    return RuleSum() if total is None else RuleSum(total.times, total.desired, total.granted, total.kept)


def _counts(real: Mapping[str, int], other: Mapping[str, int]) -> tuple[CountLine, ...]:
    return tuple(CountLine(name, real.get(name, 0), other.get(name, 0)) for name in sorted({*real, *other}))


def _member(found: Affected) -> MemberLine:
    points = tuple(PointsLine(currency, *both) for currency, both in found.points.items())
    return MemberLine(UUID(found.account), points, found.tier, found.tier_simulated)


def _money(real: Totals, other: Totals, moved: Sequence[Moved], until: date, assumed: Assumed) -> Iterator[MoneyLine]:
    owed = _by_money(lines(moved, until, assumed))
    owed_then = _by_money(lines([*moved, *_difference(real.cells, other.cells)], until, assumed))
    cost, cost_then = _cost(real.cells, assumed), _cost(other.cells, assumed)
    nothing = Decimal(0)
    for money in sorted({*owed, *owed_then, *cost, *cost_then}):
        sums = (found.get(money, nothing) for found in (cost, cost_then, owed, owed_then))
        yield MoneyLine(money, *sums)


def _by_money(found: Iterable[Line]) -> dict[str, Decimal]:
    return {total.money: total.liability for total in totals(found)}


def _difference(real: Mapping[CellKey, Cell], other: Mapping[CellKey, Cell]) -> Iterator[Moved]:
    """Yield what the other rules would have moved more, or less, than what really did."""
    for key in sorted({*real, *other}):
        cell = Cell()
        cell.add(other.get(key, Cell()))
        cell.add(real.get(key, Cell()), -1)
        if cell != Cell():
            month, currency, partner, money, then = key
            cohort = Cohort(month, currency, partner, money)
            yield Moved(cohort, then, issued=cell.issued, reversed=cell.reversed, price=cell.price, goods=cell.price)


def _cost(cells: Mapping[CellKey, Cell], assumed: Assumed) -> dict[str, Decimal]:
    """Return what the points are expected to cost: points that stay x value x the part that is redeemed."""
    found: dict[str, Decimal] = {}
    for (month, currency, _, money, _), cell in cells.items():
        how = assumed(currency, month)
        worth = (cell.issued - cell.reversed) * how.value_in(money) * how.redemption
        found[money] = found.get(money, Decimal(0)) + worth
    return {money: to_cents(amount, money) for money, amount in found.items()}
