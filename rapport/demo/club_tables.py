"""What the demo shows of its loyalty programme, as a table and sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from rapport.demo.club import Quarter

TIERS = ("member", "green", "evergreen")


def quarters_table(quarters: Sequence[Quarter]) -> Table:
    """Return where the programme stood at the end of each quarter."""
    table = Table(
        *("end of", "points issued", "liability (USD)", "95 % interval", *TIERS),
        title="The shop's programme over the log: what is owed for points, and members by tier",
    )
    for one in quarters:
        between = f"{_money(one.low)} to {_money(one.high)}"
        tiers = [f"{one.tiers.get(tier, 0):,}" for tier in TIERS]
        table.add_row(one.quarter, f"{one.points:,}", _money(one.liability), between, *tiers)
    return table


def redeemed_today(redeemed: Mapping[str, Any]) -> str:
    """Return in a sentence what was redeemed, and what is owed after it."""
    return (
        f"Redeemed today by the {redeemed['vouchers']} members who earned most: a voucher of $5 each,"
        f" {redeemed['points']:,} points; owed after that: {_money(redeemed['owed_today'])} USD."
    )


def _money(amount: str) -> str:
    whole, _, cents = amount.partition(".")
    return f"{int(whole):,}.{cents or '00'}"
