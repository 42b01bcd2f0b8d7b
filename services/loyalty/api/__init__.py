"""The HTTP routes of loyalty: parse, decide, answer. No rules here."""

from services.loyalty.api import (
    account,
    adjustments,
    holds,
    liability,
    members,
    movements,
    partner_bookings,
    partners,
    pending,
    programmes,
    settlements,
    standing,
    transfers,
    why,
)

__all__ = [
    "account",
    "adjustments",
    "holds",
    "liability",
    "members",
    "movements",
    "partner_bookings",
    "partners",
    "pending",
    "programmes",
    "settlements",
    "standing",
    "transfers",
    "why",
]
