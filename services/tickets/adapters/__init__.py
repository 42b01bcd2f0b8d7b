"""Tickets has no outside world of its own yet."""
