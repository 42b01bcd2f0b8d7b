"""Touchpoints as channels send them: what is taken in can be stored, has one name for ever, and reads back the same."""

import re
from datetime import UTC

import msgspec

from services.contact.contracts.touchpoint import Touchpoint, decode
from shared.errors import Invalid

_NAME = re.compile(r"[!-~]+")
_encode = msgspec.json.Encoder(decimal_format="string").encode


def one(data: bytes) -> None:
    """Read `data` as a touchpoint: Invalid, or something sound."""
    try:
        touchpoint = decode(data)
    except Invalid as invalid:
        if not invalid.problems or not all(field and message for field, message in invalid.problems):
            raise AssertionError("a refusal names each field") from invalid
        return
    _is_sound(touchpoint)
    assert decode(_encode(touchpoint)) == touchpoint


def _is_sound(touchpoint: Touchpoint) -> None:
    assert _NAME.fullmatch(touchpoint.stream), "a stream's name is printable"
    assert "\x00" not in str(touchpoint), "PostgreSQL keeps no NUL"
    assert all(item.value.isprintable() or not _controls(item.value) for item in touchpoint.identifiers)
    touchpoint.occurred_at.astimezone(UTC)


def _controls(text: str) -> bool:
    return any(ord(character) < 32 or ord(character) == 127 for character in text)
