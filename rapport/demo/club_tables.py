"""What the demo shows of its loyalty programme, as a table and sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from rapport.demo.club import Quarter
from rapport.demo.what_if import WhatIf

TIERS = ("member", "green", "evergreen")


def quarters_table(quarters: Sequence[Quarter]) -> Table:
    """Return where the programme stood at the end of each quarter."""
    table = Table(
        *("end of", "points issued", "liability (USD)", *TIERS),
        title="The shop's programme over the log: what is owed for points, redeemed by nobody yet, and members by tier",
    )
    for one in quarters:
        tiers = [f"{one.tiers.get(tier, 0):,}" for tier in TIERS]
        table.add_row(one.quarter, f"{one.points:,}", _money(one.liability), *tiers)
    return table


def redeemed_today(redeemed: Mapping[str, Any]) -> str:
    """Return in a sentence what was redeemed, and what is owed after it."""
    return (
        f"Redeemed today by the {redeemed['vouchers']} members who earned most: a voucher of $5 each,"
        f" {redeemed['points']:,} points; owed after that: {_money(redeemed['owed_today'])} USD."
    )


def what_if_table(found: WhatIf) -> Table:
    """Return what double points in a quarter would have given to whom, and at what cost."""
    title = "What if: double points in the second quarter of 1997"
    table = Table("", "really", "with double points", title=title)
    table.add_row("points of the quarter", *(f"{number:,}" for number in found.points))
    table.add_row("their expected cost (USD)", *map(_money, found.cost))
    table.add_row("owed at its end (USD)", *map(_money, found.liability))
    for tier in TIERS:
        table.add_row(f"{tier} members", *(f"{number:,}" for number in found.tiers.get(tier, (0, 0))))
    table.add_row("members who would gain", "", f"{found.gaining:,} of {found.members:,} who bought")
    for member, really, doubled in found.affected:
        table.add_row(f"most: {member}", f"{really:,}", f"{doubled:,}")
    return table


def _money(amount: str) -> str:
    whole, _, cents = amount.partition(".")
    return f"{int(whole):,}.{cents or '00'}"
