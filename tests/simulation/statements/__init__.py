"""What the database in memory does for each statement of the kernel: the statement's own text is the key.

So the kernel runs as it is. A statement that isn't known here ends the
simulation with its text; the contract tests hold each one against PostgreSQL.
"""

from tests.simulation.statements import log, parking, places, publication, reading
from tests.simulation.statements.registry import KNOWN, Statement
from tests.simulation.statements.view_rows import view_statement

__all__ = ["KNOWN", "Statement", "log", "parking", "places", "publication", "reading", "statement"]


def statement(query: str) -> Statement:
    """Return what stands for `query`. Raises LookupError for one that nobody has taught yet."""
    known = KNOWN.get(query)
    if known is None:
        known = KNOWN[query] = view_statement(query)
    return known
