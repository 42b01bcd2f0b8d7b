"""What is personal: the mark of an event's fields, and how texts compare of which one is sealed. Pure, for domains."""

from typing import Annotated, Any

from msgspec import Meta, Struct

PERSONAL = Meta(extra={"personal": True}, extra_json_schema={"x-personal": True})
"""The mark. A field that bears it is sealed before it is stored, and says so in the event's JSON Schema."""

Personal = Annotated[str, PERSONAL]
"""Someone's words, name or address: clear in a command, sealed in events, states, views and topics."""

PREFIX = "sealed.1."
"""How every sealed value begins; what comes in from outside must not hold it."""

ERASED = "[erased]"
"""What a sealed value reads as when its key is gone."""

_PARTS = 6
_FINGERPRINT = 4


class Clear(str):
    """A command's personal text, with the fingerprint that its sealed form will bear."""

    __slots__ = ("fingerprint",)

    fingerprint: str


def is_sealed(text: str) -> bool:
    """Tell whether the text is a sealed value."""
    return text.startswith(PREFIX)


def same(known: Any, asked: Any) -> bool:
    """Tell whether two values say the same, whichever of their personal texts are sealed.

    A decider compares what it knows (sealed) with what it is asked (clear):
    both bear a fingerprint under the subject's key, which tells equal texts
    without opening them. Structs and sequences are compared part by part.
    """
    if known == asked:
        return True
    if isinstance(known, str) and isinstance(asked, str):
        fingerprint = _fingerprint(known)
        return fingerprint is not None and fingerprint == _fingerprint(asked)
    if isinstance(known, Struct) and type(known) is type(asked):
        return all(same(getattr(known, name), getattr(asked, name)) for name in known.__struct_fields__)
    if isinstance(known, list | tuple) and isinstance(asked, list | tuple):
        return len(known) == len(asked) and all(map(same, known, asked))
    return False


def _fingerprint(text: str) -> str | None:
    if isinstance(text, Clear):
        return text.fingerprint
    parts = text.split(".") if is_sealed(text) else ()
    return parts[_FINGERPRINT] if len(parts) == _PARTS else None
