"""Feeds: events as they come, to whoever listens."""
