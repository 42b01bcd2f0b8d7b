"""A statement as PDF: the same words as the page of HTML, on A4."""

from collections.abc import Iterator

from services.loyalty.adapters.pdf_pages import Pages, Row
from services.loyalty.adapters.printing import Calendar, change, points
from services.loyalty.domain.statements.paper import Line, Paper, Progress, Section

HEADINGS = ("Day", "What happened", "Change", "Balance")

LACKING = "Letters that this document can't print stand in it as ?: the statement as a page (text/html) shows them."
"""Is printed last where the fonts lack a letter, such as one of Chinese, Japanese, Arabic or Hebrew."""


def pdf(paper: Paper) -> bytes:
    """Return the document; equal statements make equal bytes. It takes a second for some thousand lines.

    A letter that the fonts lack is printed as ?, and the document says so in its last line.
    """
    calendar, pages = Calendar(paper.zone), Pages()
    pages.set_title(pages.seen(f"Statement of points: {paper.programme}" if paper.programme else "Statement of points"))
    pages.set_lang("en")
    pages.set_creator("Rapport")
    pages.set_creation_date(paper.told_at)
    pages.add_page()
    _head(pages, paper, calendar)
    for section in paper.sections:
        _section(pages, section, calendar)
    if paper.progress is not None:
        _progress(pages, paper.progress, calendar)
    if pages.lacks:
        pages.ln(5)
        pages.say(LACKING)
    return bytes(pages.output())


def _head(pages: Pages, paper: Paper, calendar: Calendar) -> None:
    pages.say("Statement of points", size=16, bold=True)
    pages.ln(2)
    if paper.programme:
        pages.say(paper.programme, size=12, bold=True)
    pages.say(f"Member {paper.member}")
    pages.say(f"Period: {calendar.period(paper)}")
    pages.say(f"Printed as of {calendar.day(paper.told_at)} ({paper.zone})")


def _section(pages: Pages, section: Section, calendar: Calendar) -> None:
    pages.ln(5)
    pages.say(section.name, size=12, bold=True)
    pages.rows(HEADINGS, [*_rows(section, calendar)])
    for lapse in section.lapses:
        pages.say(f"{points(lapse.points)} lapse on {calendar.day(lapse.at)}, if they aren't used before.")


def _rows(section: Section, calendar: Calendar) -> Iterator[Row]:
    yield "", "Opening balance", "", points(section.opening)
    for line in section.lines:
        yield calendar.day(line.at), _said(line), change(line.points), points(line.balance)
    yield "", "Closing balance", "", points(section.closing)


def _said(line: Line) -> str:
    return f"{line.says}: {line.reason}" if line.reason else line.says


def _progress(pages: Pages, progress: Progress, calendar: Calendar) -> None:
    pages.ln(5)
    pages.say("Tier", size=12, bold=True)
    since = f", since {calendar.day(progress.since)}" if progress.since else ""
    pages.say(f"Your tier: {progress.tier}{since}")
    if progress.next:
        pages.say(f"To the next, {progress.next.tier}: {calendar.goal(progress.next)}")
    if progress.keep:
        pages.say(f"To keep {progress.keep.tier}: {calendar.goal(progress.keep)}")
