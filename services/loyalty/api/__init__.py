"""The HTTP routes of loyalty: parse, decide, answer. No rules here."""

from services.loyalty.api import account, holds, members, movements, programmes, why

__all__ = ["account", "holds", "members", "movements", "programmes", "why"]
