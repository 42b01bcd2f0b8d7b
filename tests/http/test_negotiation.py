"""Which media type answers an Accept header: the one that is liked best, the first of equals, or none."""

import pytest

from shared.http.negotiation import preferred

JSON, HTML, PDF = "application/json", "text/html", "application/pdf"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/json, text/plain, */*", JSON),
        (BROWSER, HTML),
        ("application/pdf", PDF),
        ("Application/PDF;version=2", PDF),
        ("text/*", HTML),
        ("application/*", JSON),
        ("application/json;q=0.2, application/pdf; q=0.9", PDF),
        ("application/*;q=0.9, application/json;q=0.1", PDF),
        ("*/*, application/json;q=0", HTML),
        ("text/html;q=1.5, application/pdf;q=0.1", PDF),
        ("text/html;q=, application/pdf;q=0.1", PDF),
    ],
)
def test_the_type_that_is_liked_best_is_chosen_and_the_first_of_equals(accept: str, expected: str) -> None:
    assert preferred(accept, (JSON, HTML, PDF)) == expected


@pytest.mark.parametrize("accept", ["image/png", "*/*;q=0", "text/plain, text/html;q=0", "nonsense", ",,;"])
def test_where_nothing_offered_is_accepted_nothing_is_chosen(accept: str) -> None:
    assert preferred(accept, (JSON, HTML, PDF)) is None
