"""What the demo asks of the past: who would have gained by double points in a quarter of 1997, and at what cost."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from rapport.demo.ask import Services
from rapport.demo.club import MONEY, NAME, QUARTERS
from rapport.programme_file import read_programme
from rapport.simulate_programme import request_of, simulate

FILE = Path(__file__).with_name("double-points.yaml")
QUARTER = "1997 Q2"
NAMED = 5
"""How many of the members who would gain most are named."""


class WhatIf(Struct, frozen=True):
    """What was, and what would have been; money is decimal texts in dollars, tiers are members at the quarter's end."""

    facts: int
    members: int
    gaining: int
    losing: int
    points: tuple[int, int]
    cost: tuple[str, str]
    liability: tuple[str, str]
    tiers: Mapping[str, tuple[int, int]]
    affected: Sequence[tuple[str, int, int]]


async def what_if(services: Services, told: Callable[[float], None] = lambda _: None) -> WhatIf:
    """Play the quarter's purchases with double points beside what happened; `told` hears how far it is, 0 to 1."""
    since, until = QUARTERS["1997 Q1"], QUARTERS[QUARTER]
    moments = (f"{since:%Y-%m-%dT%H:%M:%SZ}", f"{until:%Y-%m-%dT%H:%M:%SZ}")
    request = request_of(read_programme(FILE), NAME, *moments, NAMED)
    shown = await simulate(services.client("loyalty"), request, lambda item: told(item["progress"]))
    if shown["status"] != "finished":
        raise ValueError(f"The simulation was {shown['status']}: {shown['reason']}")
    return _found(shown["outcome"])


def _found(outcome: Mapping[str, Any]) -> WhatIf:
    points = _one(outcome["points"], currency="points")
    money = _one(outcome["money"], money=MONEY)
    affected = [(item["customer_id"], _one(item["points"], currency="points")) for item in outcome["affected"]]
    return WhatIf(
        facts=outcome["facts"],
        members=outcome["members"],
        gaining=outcome["gaining"],
        losing=outcome["losing"],
        points=(points["real"], points["simulated"]),
        cost=(money["cost"], money["cost_simulated"]),
        liability=(money["liability"], money["liability_simulated"]),
        tiers={item["key"]: (item["real"], item["simulated"]) for item in outcome["tiers"]},
        affected=[(name, line["real"], line["simulated"]) for name, line in affected],
    )


def _one(lines: Iterable[Mapping[str, Any]], **named: str) -> Mapping[str, Any]:
    return next(line for line in lines if named.items() <= line.items())
