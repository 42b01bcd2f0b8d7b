"""What all members of a programme have used of the limits that they share: a stream, written where one is met."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from services.loyalty.domain.earning.judging import Earnings
from shared.decider import Decider


class BudgetUsed(Struct, frozen=True):
    """Facts of one member used so many points of shared limits, by key; less than 0: gave them back."""

    programme_id: str
    uses: dict[str, int]


class UseBudget(Struct, frozen=True):
    """Note what a member's facts use of shared limits."""

    programme_id: str
    uses: dict[str, int]


class Budget(Struct, frozen=True):
    """The points that are used, by the keys of the limits."""

    used: dict[str, int] = {}


def _decide(command: UseBudget, _: Budget) -> Sequence[BudgetUsed]:
    return (BudgetUsed(command.programme_id, command.uses),) if command.uses else ()


def _evolve(budget: Budget, event: BudgetUsed) -> Budget:
    more = {key: budget.used.get(key, 0) + points for key, points in event.uses.items()}
    return Budget({**budget.used, **more})


BUDGET: Decider[UseBudget, BudgetUsed, Budget] = Decider("budget", Budget(), _decide, _evolve)


def used_between(before: Earnings, after: Earnings) -> dict[str, int]:
    """Return what a member's facts use more, or less, of shared limits than before: none is ever judged no more."""
    change: dict[str, int] = {}
    for key, one in after.judged.items():
        known = before.judged.get(key)
        if known is not one:
            _count(change, one.trace.uses, 1)
            if known is not None:
                _count(change, known.trace.uses, -1)
    return {key: points for key, points in change.items() if points}


def _count(change: dict[str, int], uses: Mapping[str, int], sign: int) -> None:
    for key, points in uses.items():
        if key.startswith("all:"):
            change[key] = change.get(key, 0) + sign * points
