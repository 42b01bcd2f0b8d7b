"""Reading a programme's document from what JSON or YAML gave: what doesn't fit is named by a JSON pointer."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from services.loyalty.domain.programme.document import Document
from shared.errors import Invalid

DEEPEST = 40
"""How many lists and objects of a document may lie in one another."""

_PLACE = re.compile(r" - at `(key in )?\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(?P<field>[^.\[]+)|\[(?P<item>\d+|\.\.\.)\]")


def document_of(raw: object) -> Document:
    """Return the document. Raises Invalid with (pointer, message) where its shape is wrong; sense comes later."""
    if any(depth > DEEPEST for depth in _depths(raw)):
        raise Invalid([("", f"lies deeper than {DEEPEST} lists and objects in one another")])
    try:
        return msgspec.convert(raw, Document)
    except msgspec.ValidationError as error:
        raise Invalid([_named(str(error))]) from None


def _depths(raw: object) -> Iterator[int]:
    """Yield how deep each value lies, without recursion: the input may be as deep as it likes."""
    waiting: list[tuple[object, int]] = [(raw, 0)]
    while waiting:
        value, depth = waiting.pop()
        yield depth
        inner: Any = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting += [(item, depth + 1) for item in inner]


def _named(message: str) -> tuple[str, str]:
    """Take `Expected ..., got ... - at `$.rules[0].id`` apart: pointer and sentence."""
    place = _PLACE.search(message)
    if place is None:
        return "", message
    steps = (step["field"] or step["item"] for step in _STEP.finditer(place["path"]))
    return "".join(f"/{step}" for step in steps), _PLACE.sub("", message)
