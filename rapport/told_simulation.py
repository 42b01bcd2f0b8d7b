"""How the outcome of a simulation is told at a terminal: tables of what was, and what would have been."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table


def tables(simulation: Mapping[str, Any]) -> Iterator[Table]:
    """Yield the tables of an outcome; those without lines are left out."""
    outcome = simulation["outcome"]
    yield _table("points", "", [(line["currency"], line["real"], line["simulated"]) for line in outcome["points"]])
    rules = [
        (f"{line['rule']} ({line['currency']})", line["real"]["kept"], line["simulated"]["kept"])
        for line in outcome["rules"]
    ]
    money = [
        (f"{what} in {line['money']}", line[key], line[f"{key}_simulated"])
        for line in outcome["money"]
        for what, key in (("expected cost", "cost"), ("liability at the end", "liability"))
    ]
    moves = [
        (f"{line['before']} to {line['after']} ({line['reason']})", line["real"], line["simulated"])
        for line in outcome["moves"]
    ]
    tiers, budgets = (
        [(line["key"], line["real"], line["simulated"]) for line in outcome[name]] for name in ("tiers", "budgets")
    )
    members = [
        (f"{line['customer_id']} ({points['currency']})", points["real"], points["simulated"])
        for line in outcome["affected"]
        for points in line["points"]
    ]
    for title, lines in (
        *(("rules, after returns", rules), ("money", money), ("members by tier", tiers), ("moves", moves)),
        *(("budgets", budgets), ("most affected", members)),
    ):
        if lines:
            yield _table(title, "", lines)


def sentence(simulation: Mapping[str, Any]) -> str:
    """Return the outcome in one sentence."""
    found = simulation["outcome"]
    return (
        f"{found['facts']:,} facts of {found['members']:,} members from {simulation['since']} until"
        f" {simulation['until']}: {found['gaining']:,} members would have more points, {found['losing']:,} fewer."
    )


def _table(title: str, first: str, lines: list[tuple[str, Any, Any]]) -> Table:
    table = Table(first, "really", "simulated", title=title, title_justify="left")
    for name, real, simulated in lines:
        table.add_row(name, _number(real), _number(simulated))
    return table


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
