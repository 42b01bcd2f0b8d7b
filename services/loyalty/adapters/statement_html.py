"""A statement as one page of HTML for screen and printer: no scripts, nothing from elsewhere, everything escaped."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.loyalty.adapters.printing import Calendar, change, points, printable
from services.loyalty.domain.statements.paper import Paper

_FOLDER = Path(__file__).parent / "templates"
_STYLE = (_FOLDER / "statement.css").read_text()
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_IN_PAGE = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"

POLICY = f"{_IN_PAGE}; frame-ancestors 'none'"
"""The page's content security policy: its own style, known by its hash, and nothing else. The page bears it, too."""


def _finished(value: Any) -> Any:
    """Clean what others wrote, before it is escaped; markup is only what is made here."""
    return printable(value) if type(value) is str else value


_PAGES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_finished,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters.update(points=points, change=change)


def html(paper: Paper) -> bytes:
    """Return the page, in UTF-8."""
    calendar = Calendar(paper.zone)
    template = _PAGES.get_template("statement.html")
    return template.render(paper=paper, calendar=calendar, policy=_IN_PAGE, style=_STYLE).encode()
