"""A printed statement for tests, with any text in each place that others may have written."""

from datetime import timedelta

from services.loyalty.domain.statements.lapsing import Lapse
from services.loyalty.domain.statements.paper import Line, Paper, Progress, Section
from services.loyalty.domain.tiers.projection import Goal
from tests.loyalty.loyalty_facts import ANNA, NOW, day

MONTH = timedelta(days=30)


def paper_of(text: str, lines: int = 1) -> Paper:
    """Return a statement in which everything that somebody could name or say is this text."""
    moved = tuple(Line(day(number / 100), text, text, 30, 30) for number in range(lines))
    goal = Goal(text, 120, None, NOW + MONTH)
    section = Section(text, 0, moved, 30, (Lapse(NOW + MONTH, 30),))
    return Paper(text, str(ANNA), NOW, day(40), day(50), "Europe/Berlin", (section,), Progress(text, NOW, goal, goal))
