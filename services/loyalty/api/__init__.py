"""The HTTP routes of loyalty: parse, decide, answer. No rules here."""

from services.loyalty.api import (
    account,
    adjustments,
    holds,
    members,
    movements,
    pending,
    programmes,
    standing,
    transfers,
    why,
)

__all__ = [
    "account",
    "adjustments",
    "holds",
    "members",
    "movements",
    "pending",
    "programmes",
    "standing",
    "transfers",
    "why",
]
