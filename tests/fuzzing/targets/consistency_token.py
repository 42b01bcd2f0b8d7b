"""Consistency tokens: Invalid, or a stream and a version that PostgreSQL can be asked for."""

from shared.errors import Invalid
from shared.http.consistency import LARGEST_VERSION, read_token, token_of


def one(data: bytes) -> None:
    """Read `data` as a header's value."""
    try:
        stream, version = read_token(data.decode("latin-1"))
    except Invalid:
        return
    assert 0 < version <= LARGEST_VERSION
    assert "\x00" not in stream.encode().decode()
    assert read_token(token_of(stream, version)) == (stream, version)
