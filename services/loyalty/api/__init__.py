"""The HTTP routes of loyalty: parse, decide, answer. No rules here."""

from services.loyalty.api import (
    account,
    adjustments,
    codes,
    holds,
    members,
    movements,
    pending,
    programmes,
    redemptions,
    reward_stock,
    rewards,
    standing,
    transfers,
    why,
)

__all__ = [
    "account",
    "adjustments",
    "codes",
    "holds",
    "members",
    "movements",
    "pending",
    "programmes",
    "redemptions",
    "reward_stock",
    "rewards",
    "standing",
    "transfers",
    "why",
]
