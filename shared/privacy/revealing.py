"""Revealing, at the edge: the tokens in an answer's JSON become the texts that they hold, or say that it is erased."""

import re

import msgspec

from shared.privacy.data_key import DataKey, Unreadable
from shared.privacy.personal import ERASED, PREFIX, is_sealed
from shared.privacy.token import PATTERN, read
from shared.privacy.vault import Vault

_PREFIX = PREFIX.encode()


def holds_tokens(body: bytes) -> bool:
    """Tell whether there may be anything to reveal; one search where there is nothing."""
    return _PREFIX in body


async def reveal(vault: Vault, body: bytes) -> bytes:
    """Return the JSON with every token opened; `[erased]` stands where the key is gone. Keys come in one round trip."""
    if not holds_tokens(body):
        return body
    await vault.fetch({_subject(found) for found in PATTERN.finditer(body)})
    return PATTERN.sub(lambda found: msgspec.json.encode(_text(vault, found)), body)


def opened(key: DataKey | None, text: str) -> str:
    """Return what a sealed text holds, `[erased]` where the key is gone or is another's; any other text as it is."""
    if not is_sealed(text):
        return text
    found = PATTERN.fullmatch(f'"{text}"'.encode())
    try:
        return ERASED if key is None or found is None else read(found).open(key)
    except Unreadable:
        return ERASED


def _subject(found: "re.Match[bytes]") -> str:
    try:
        return read(found).subject
    except Unreadable:
        return ""


def _text(vault: Vault, found: "re.Match[bytes]") -> str:
    try:
        token = read(found)
        key = vault.readable(token.subject)
        return ERASED if key is None else token.open(key)
    except Unreadable:
        return ERASED
