"""The HTTP routes of scoring: parse, decide, answer. No rules here."""

from services.scoring.api import portfolio, runs, scores

__all__ = ["portfolio", "runs", "scores"]
