"""The HTTP routes of loyalty: parse, decide, answer. No rules here."""

from services.loyalty.api import (
    account,
    holds,
    liability,
    members,
    movements,
    partner_bookings,
    partners,
    settlements,
    why,
)

__all__ = [
    "account",
    "holds",
    "liability",
    "members",
    "movements",
    "partner_bookings",
    "partners",
    "settlements",
    "why",
]
