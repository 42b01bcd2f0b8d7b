"""The search that proves an erasure must be able to find: in every encoding, at every alignment, inside compression."""

from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.searching import Search, forms, packed

TEXT = "Zwïebelfürst-Quasten7"
SEARCH = Search(TEXT)


def test_each_form_is_found_and_names_itself(tmp_path: Path) -> None:
    for name, form in forms(TEXT).items():
        (tmp_path / "file").write_bytes(b"\0" * 5000 + form + b"\xff")
        assert any(name in found for found in SEARCH.in_files(tmp_path)), name


@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_base64_is_found_wherever_the_text_begins_in_it(before: int, encode: "type") -> None:
    assert SEARCH.in_bytes(encode(b"?" * before + TEXT.encode() + b"~~~"))


def test_what_is_compressed_is_found() -> None:
    for data in packed(b"x" * 400 + TEXT.encode() + b"y" * 400).values():
        assert SEARCH.in_bytes(b"header" + data + b"trailer")


def test_percent_and_json_escapes_are_found_and_other_texts_are_not() -> None:
    assert SEARCH.in_bytes(quote(f"?name={TEXT}").encode())
    assert SEARCH.in_bytes(TEXT.encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00"))
    assert not SEARCH.in_bytes(b"Zwiebelfuerst" * 100)
