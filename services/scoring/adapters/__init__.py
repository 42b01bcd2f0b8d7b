"""Scoring's bulk access to its own database."""
