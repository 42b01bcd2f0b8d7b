"""How a printed statement writes days, points and goals, and texts that others wrote."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from services.loyalty.domain.statements.paper import Paper
from services.loyalty.domain.tiers.projection import Goal

_SPACE = re.compile(r"[\t\n\r\f\v]+")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""What isn't seen, and what turns the direction of a line: nobody's text may change how the rest of it reads."""


def printable(text: str) -> str:
    """Return a text of one line in which everything is seen: \N{REPLACEMENT CHARACTER} stands for what isn't."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", _SPACE.sub(" ", text))


def points(number: int) -> str:
    """Return a number of points: 1,200."""
    return f"{number:,}".replace("-", "\N{MINUS SIGN}")


def change(number: int) -> str:
    """Return a change of a balance, with its sign: +30."""
    return f"+{number:,}" if number > 0 else points(number)


class Calendar(Struct, frozen=True):
    """The days of a programme's zone."""

    zone: str

    def day(self, moment: datetime) -> str:
        """Return the day on which a moment lies there: 5 Jan 2026."""
        local = moment.astimezone(ZoneInfo(self.zone))
        return f"{local.day} {local:%b} {local.year}"

    def period(self, paper: Paper) -> str:
        """Return a statement's period in words."""
        since = f"from {self.day(paper.since)}" if paper.since else "from the beginning"
        return f"{since} until before {self.day(paper.until)}"

    def goal(self, goal: Goal) -> str:
        """Return in words what is missing for a tier."""
        if not goal.points and not goal.events:
            return "nothing is missing"
        events = "" if goal.events is None else f", {goal.events:,} more qualifying events"
        by = f", before {self.day(goal.by)}" if goal.by else ""
        return f"{goal.points:,} more points{events}{by}"
