"""Logs: structlog, JSON unless on a terminal; ids of requests, traces, streams and events, never personal data."""

import structlog
from structlog.typing import FilteringBoundLogger


def logger(name: str) -> FilteringBoundLogger:
    """Return the logger of one part of the program; `name` stands in each of its lines."""
    made: FilteringBoundLogger = structlog.get_logger(part=name)
    return made
