"""Logs: structlog, JSON unless on a terminal; ids of requests, traces, streams and events, never personal data."""

import logging
import sys

import structlog
from structlog.typing import FilteringBoundLogger, Processor

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def logger(name: str) -> FilteringBoundLogger:
    """Return the logger of one part of the program; `name` stands in each of its lines."""
    made: FilteringBoundLogger = structlog.get_logger(part=name)
    return made


def configure(log_format: str, level: str, *, service: str) -> None:
    """Set up the process's logs, those of libraries too."""
    as_json = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    # Tracebacks without local variables: those hold what customers sent.
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    render: Processor = structlog.processors.JSONRenderer() if as_json else console
    structlog.contextvars.bind_contextvars(service=service)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    # aiokafka reports as errors what its own retries mend, such as a coordinator that is still being chosen.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
