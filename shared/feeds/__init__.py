"""Feeds: events as they come, from the log itself, to any number of listeners."""
