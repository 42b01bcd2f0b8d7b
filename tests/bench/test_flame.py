"""Flame graphs keep what matters, and nothing of the machine."""

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.flame import drawn, frames, shares
from bench.sampled import read

RAW = """\
process 7:"/home/me/.venv/bin/python -m rapport";0x7f00 (libc.so.6);_run_code (<frozen runpy>:73);run (shared/a.py:1);\
/x (weird);fetch (asyncpg/pool.py:5);outer (protocol.c:10);inner (protocol.c:20) 30
process 7:"/home/me/.venv/bin/python -m rapport";run (shared/a.py:1);decode (/home/me/site-packages/m/d.py:2) 60
process 7:"/home/me/.venv/bin/python -m rapport";run (shared/a.py:1) 10
"""
PICTURES = Path(__file__).parents[2] / "docs" / "performance"


def test_stacks_keep_functions_and_of_compiled_ones_the_innermost() -> None:
    first = next(iter(read(RAW)))
    assert frames(first) == ["run (shared/a.py)", "fetch (asyncpg/pool.py)", "inner (protocol.c)"]


def test_a_picture_is_as_wide_as_its_shares_and_names_no_folder_of_the_machine() -> None:
    picture = drawn(read(RAW), "live_view")
    titles = [element.text for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [
        "run (shared/a.py): 100.0%",
        "decode (m/d.py): 60.0%",
        "fetch (asyncpg/pool.py): 30.0%",
        "inner (protocol.c): 30.0%",
    ]
    assert "/home" not in picture


def test_shares_tell_a_function_alone_and_with_what_it_calls() -> None:
    assert shares(read(RAW), 2) == [("decode (m/d.py)", 0.6, 0.6), ("inner (protocol.c)", 0.3, 0.3)]


def test_nothing_sampled_is_no_picture() -> None:
    with pytest.raises(ValueError, match="no samples"):
        drawn(Counter(), "append")


def test_the_kept_pictures_are_small_and_name_no_folder_of_a_machine() -> None:
    for picture in PICTURES.glob("*.svg"):
        text = picture.read_text()
        assert len(text) < 200_000, picture.name
        assert "(/" not in text, picture.name
        assert "site-packages" not in text, picture.name
