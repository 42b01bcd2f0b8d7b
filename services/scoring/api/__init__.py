"""The HTTP routes of scoring: parse, decide, answer. No rules here."""

from services.scoring.api import activity, portfolio, runs, scores

__all__ = ["activity", "portfolio", "runs", "scores"]
