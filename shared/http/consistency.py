"""Read your own writes: a write answers a token, and a list waits until its view has taken that write."""

import base64
import binascii

from shared.errors import Invalid

LARGEST_VERSION = 2**31 - 1


def token_of(stream: str, version: int) -> str:
    """Return the opaque token of a write. It names what was written and grants nothing, so it isn't signed."""
    return base64.urlsafe_b64encode(f"{stream}@{version}".encode()).decode().rstrip("=")


def read_token(token: str) -> tuple[str, int]:
    """Return (stream, version) of a token. Raises Invalid."""
    stream, number = "", 0
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        stream, _, version = text.rpartition("@")
        number = int(version)
    except (binascii.Error, ValueError):
        pass
    if not 0 < number <= LARGEST_VERSION or "\x00" in stream:
        raise Invalid([("Consistency-Token", "is not a token that a write answered")])
    return stream, number
