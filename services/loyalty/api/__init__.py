"""The HTTP routes of loyalty: parse, decide, answer. No rules here."""

from services.loyalty.api import (
    account,
    liability,
    members,
    movements,
    partner_bookings,
    partners,
    settlements,
    why,
)

__all__ = ["account", "liability", "members", "movements", "partner_bookings", "partners", "settlements", "why"]
