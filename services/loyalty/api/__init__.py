"""The HTTP routes of loyalty: parse, decide, answer. No rules here."""

from services.loyalty.api import account, members, movements, why

__all__ = ["account", "members", "movements", "why"]
