"""The HTTP routes of loyalty: parse, decide, answer. No rules here."""

from services.loyalty.api import account, members, movements, programmes, why

__all__ = ["account", "members", "movements", "programmes", "why"]
