"""Identifiers: two spellings of the same one are one, and only a keyed hash of it ever names a stream."""

import hmac
from collections.abc import Callable
from hashlib import sha256

KeyedHash = Callable[[str, str], str]
"""(type, value) -> the name under which the identifier is found; without the key it tells nothing."""


def normalised(type_: str, value: str) -> str:
    """Return the one spelling of an identifier: addresses without case, numbers as digits, others as they are."""
    match type_:
        case "email":
            return value.strip().casefold()
        case "phone" | "sms" | "whatsapp":
            return "".join(character for character in value if character.isdigit())
        case _:
            return value.strip()


def keyed_hash(secret: str) -> KeyedHash:
    """Return the hash function of a secret: HMAC-SHA256 (RFC 2104) over type and normalised value, in hex."""
    keyed = hmac.new(secret.encode(), digestmod=sha256)

    def hashed(type_: str, value: str) -> str:
        found = keyed.copy()
        found.update(f"{type_}:{normalised(type_, value)}".encode())
        return found.hexdigest()

    return hashed
