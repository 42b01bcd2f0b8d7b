"""What all members of a programme have used of the limits that they share: a stream, written where one is met."""

from collections.abc import Sequence
from itertools import chain

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
    """Return what a member's facts use more, or less, of shared limits than before."""
    change: dict[str, int] = {}
    signed = chain(((one, -1) for one in before.in_order), ((one, 1) for one in after.in_order))
    for one, sign in signed:
        for key, points in one.trace.uses.items():
            if key.startswith("all:"):
                change[key] = change.get(key, 0) + sign * points
    return {key: points for key, points in change.items() if points}
