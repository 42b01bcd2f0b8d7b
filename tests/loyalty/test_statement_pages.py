"""A printed statement shows whatever others wrote as text, and nothing of it is ever markup, script or a control."""

import base64
import hashlib
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from services.loyalty.adapters.printing import printable
from services.loyalty.adapters.statement_html import POLICY, html
from services.loyalty.adapters.statement_pdf import LACKING, pdf
from tests.loyalty.papers import paper_of

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><style>*{display:none}",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }} {% include '/etc/passwd' %} {nb} %s {0}",
    "&lt;b&gt; &amp; <!-- <![CDATA[ ]]> -->",
    "javascript:alert(1)",
    "(BT /F1 24 Tf (x) Tj ET) \\) ) endstream endobj",
    "**bold** __under__ --struck-- [link](file:///etc/passwd)",
    "Łódź, Αθήνα, Москва, \N{ROCKET}, 東京",
    "W" * 300,
]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
LOADING = {"src", "href", "action", "background", "style", "data", "poster", "srcset", "formaction", "ping"}


class Page(HTMLParser):
    """A page as a browser would read it: its elements with their attributes, and its texts."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def text_of(document: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(document)).pages).split())


@pytest.mark.parametrize("text", HOSTILE)
def test_a_page_shows_hostile_text_as_it_is_and_gains_no_element_by_it(text: str) -> None:
    page, plain = Page(html(paper_of(text))), Page(html(paper_of("x")))
    assert page.elements == plain.elements
    assert page.texts.count(text) == plain.texts.count("x")


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_the_elements_of_a_page_dont_depend_on_any_text(text: str) -> None:
    plain = paper_of("x")
    assert Page(html(paper_of(text or "x"))).elements == Page(html(plain)).elements


def test_a_page_runs_nothing_and_loads_nothing() -> None:
    page = Page(html(paper_of("x")))
    names = {name for _, attributes in page.elements for name in attributes}
    assert {"script", "iframe", "object", "embed", "link", "form", "img", "base"}.isdisjoint(dict(page.elements))
    assert LOADING.isdisjoint(names)
    assert not [name for name in names if name.startswith("on")]


def test_the_policy_allows_the_pages_own_style_alone() -> None:
    page = html(paper_of("x")).decode()
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert POLICY.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in POLICY
    (own,) = [item["content"] for item in Page(page.encode()).named("meta") if "http-equiv" in item]
    assert own
    assert POLICY.startswith(own)


def test_a_page_can_be_read_aloud() -> None:
    page = Page(html(paper_of("x", lines=3)))
    assert page.named("html")[0]["lang"] == "en"
    assert [len(page.named(tag)) for tag in ("title", "main", "h1")] == [1, 1, 1]
    assert len(page.named("table")) == len(page.named("caption")) == 1
    assert {item.get("scope") for item in page.named("th")} == {"col", "row"}
    assert all(item["datetime"] for item in page.named("time"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_pdf_shows_hostile_text_as_it_is_or_marks_what_the_font_lacks(text: str) -> None:
    document = pdf(paper_of(text))
    reader = PdfReader(BytesIO(document))
    found: Any = reader.trailer["/Root"]
    assert {"/JavaScript", "/Names", "/AA", "/AcroForm"}.isdisjoint(found)
    assert isinstance(found["/OpenAction"], list), "a place to open at, and no action"
    assert not [page for page in reader.pages if "/Annots" in page]
    shown = text_of(document).replace(" ", "")
    expected = "".join(char for char in text if char not in "\N{ROCKET}東京").replace(" ", "")
    for part in expected.split(",") if "," in text else [expected]:
        assert part in shown


@pytest.mark.parametrize("text", ["東京", "서울", "שלום", "مرحبا", "नमस्ते", "\N{ROCKET}"])
def test_letters_that_a_pdf_cant_print_are_marked_and_it_says_where_they_are_shown(text: str) -> None:
    shown = text_of(pdf(paper_of(f"to {text}.")))
    assert f"to {'?' * len(text)}." in shown
    assert shown.count(LACKING) == 1
    assert f"to {text}." in Page(html(paper_of(f"to {text}."))).texts


@pytest.mark.parametrize("text", ["x", "Łódź, Αθήνα, Москва", "\N{MINUS SIGN}5 \N{EURO SIGN}?"])
def test_a_pdf_with_every_letter_speaks_of_none_that_it_lacks(text: str) -> None:
    assert LACKING not in text_of(pdf(paper_of(text)))


def test_a_letter_that_comes_apart_from_its_accent_is_printed_as_one() -> None:
    shown = text_of(pdf(paper_of("Ame\N{COMBINING ACUTE ACCENT}lie")))
    assert "Am\N{LATIN SMALL LETTER E WITH ACUTE}lie" in shown
    assert LACKING not in shown


@given(TEXTS)
@settings(max_examples=25, deadline=None)
def test_any_text_can_be_printed_as_pdf(text: str) -> None:
    assert pdf(paper_of(text)).startswith(b"%PDF-")


def test_a_long_pdf_repeats_its_headings_and_numbers_its_pages() -> None:
    document = pdf(paper_of("x", lines=120))
    pages = [page.extract_text() for page in PdfReader(BytesIO(document)).pages]
    assert len(pages) > 2
    assert all(f"Page {number}" in text for number, text in enumerate(pages, start=1))
    assert all("What happened" in text for text in pages[:-1])


def test_equal_statements_are_equal_documents() -> None:
    assert pdf(paper_of("x")) == pdf(paper_of("x"))
    assert html(paper_of("x")) == html(paper_of("x"))


@pytest.mark.parametrize("unseen", ["\x00", "\x1b", "\x85", "\N{RIGHT-TO-LEFT OVERRIDE}", "\N{RIGHT-TO-LEFT ISOLATE}"])
def test_what_isnt_seen_is_marked(unseen: str) -> None:
    assert printable(f"a{unseen}b") == "a\N{REPLACEMENT CHARACTER}b"
    assert printable("a\r\n\tb") == "a b"
