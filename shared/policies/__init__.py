"""Policies: an event came in, so do this."""
