"""The HTTP routes of contact: parse, decide, answer. No rules here."""

from services.contact.api import customers, erasure, export, feed, merges, preferences, touchpoints

__all__ = ["customers", "erasure", "export", "feed", "merges", "preferences", "touchpoints"]
