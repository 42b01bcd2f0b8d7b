"""Pages of a PDF: lines of text, and rows of a table whose headings stand on each page.

The library's own tables reckon each cell several times, with all that one could hold: fourteen milliseconds a row.
"""

from collections.abc import Iterator, Sequence
from unicodedata import normalize

from fpdf import FPDF
from fpdf.fonts import TTFFont

from services.loyalty.adapters.fonts import BOLD, REGULAR
from services.loyalty.adapters.printing import printable

_FONT, _SIZE, _HEIGHT = "statement", 9, 5.0
_WIDTHS = (24, 94, 26, 30)
"""Of the columns, in millimetres: together what the margins leave of A4."""
_RIGHT = 2
"""The column from which on numbers stand, at its right edge."""
_TEXT = 1

Row = tuple[str, str, str, str]


class Pages(FPDF):
    """A4 pages, numbered. `headings` are those of the table that is being written.

    `lacks` tells whether some letter so far isn't in the font, and is marked instead.
    """

    def __init__(self) -> None:
        super().__init__(format="A4")
        self.lacks = False
        self.str_alias_nb_pages = ""  # no text stands for the number of pages: it could be somebody's
        self.add_font(_FONT, fname=REGULAR)
        self.add_font(_FONT, "B", fname=BOLD)
        font = self.fonts[_FONT]
        assert isinstance(font, TTFFont)  # noqa: S101 - it was added as one; for the type checker
        self._known = frozenset(font.cmap)
        self.set_margin(18)
        self.set_auto_page_break(True, 20)

    def footer(self) -> None:
        """Number the page."""
        self.set_y(-15)
        self.set_font(_FONT, size=8)
        self.cell(0, _HEIGHT, f"Page {self.page_no()}", align="R")

    def seen(self, text: str) -> str:
        """Return the text with ? for what the font doesn't have."""
        composed = normalize("NFC", printable(text))  # a letter and its accent are one, which the font may have
        self.lacks = self.lacks or not self._known.issuperset(map(ord, composed))
        return "".join(char if ord(char) in self._known else "?" for char in composed)

    def say(self, text: str, *, size: float = 10, bold: bool = False) -> None:
        """Write lines over the whole width."""
        self.set_font(_FONT, "B" if bold else "", size)
        for line in self._lines(self.seen(text), self.epw):
            self.cell(0, size * 0.5, line, new_x="LMARGIN", new_y="NEXT")

    def rows(self, headings: Row, rows: Sequence[Row]) -> None:
        """Write a table; each page that it is on begins with its headings."""
        self._row(headings, bold=True)
        for row in rows:
            if self.will_page_break(_HEIGHT * 3):
                self.add_page()
                self._row(headings, bold=True)
            self._row(row)

    def _row(self, row: Row, *, bold: bool = False) -> None:
        self.set_font(_FONT, "B" if bold else "", _SIZE)
        first, *more = self._lines(self.seen(row[_TEXT]), _WIDTHS[_TEXT] - 2)
        self._cells((row[0], first, *row[_RIGHT:]))
        for line in more:
            self._cells(("", line, "", ""))
        self.line(self.l_margin, self.y, self.l_margin + self.epw, self.y)

    def _cells(self, cells: Sequence[str]) -> None:
        for number, (text, width) in enumerate(zip(cells, _WIDTHS, strict=True)):
            self.cell(width, _HEIGHT, text, align="R" if number >= _RIGHT else "L")
        self.ln(_HEIGHT)

    def _lines(self, text: str, width: float) -> list[str]:
        """Return the lines that a text takes: broken at blanks, and within a word that is longer than a line."""
        lines = [""]
        for word in text.split(" "):
            for part in self._parts(word, width):
                joined = f"{lines[-1]} {part}" if lines[-1] else part
                if self.get_string_width(joined) <= width:
                    lines[-1] = joined
                else:
                    lines.append(part)
        return lines

    def _parts(self, word: str, width: float) -> Iterator[str]:
        while self.get_string_width(word) > width:
            fits = next(number for number in range(len(word), 0, -1) if self.get_string_width(word[:number]) <= width)
            yield word[:fits]
            word = word[fits:]
        yield word
