"""Sealed values in an answer: whatever looks like one is opened, or says that it is erased; the JSON stays JSON."""

import asyncio

import msgspec

from shared.privacy.personal import PREFIX
from shared.privacy.revealing import reveal
from shared.testing.privacy import memory_vault

_VAULT = memory_vault()
_LOOP = asyncio.new_event_loop()


def one(data: bytes) -> None:
    """Reveal an answer that holds `data` as a text, and `data` itself where it is JSON."""
    text = PREFIX + data.decode(errors="replace")
    for body in (msgspec.json.encode({"text": text}), data):
        try:
            before = msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        after = msgspec.json.decode(_LOOP.run_until_complete(reveal(_VAULT, body)))
        assert type(after) is type(before)
