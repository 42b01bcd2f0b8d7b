"""The HTTP routes of contact: parse, decide, answer. No rules here."""

from services.contact.api import customers, feed, merges, touchpoints

__all__ = ["customers", "feed", "merges", "touchpoints"]
