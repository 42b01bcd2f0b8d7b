"""A sealed value as it is stored: a plain text that names its subject and its origin, so it opens wherever it is."""

import re
from functools import lru_cache

from msgspec import Struct

from shared.privacy.data_key import DataKey, Unreadable, decode64, encode64
from shared.privacy.personal import PREFIX

PATTERN = re.compile(rb'"sealed\.1\.([~A-Za-z0-9+/_-]+)\.([A-Za-z0-9+/]+)\.([A-Za-z0-9+/]{22})\.([A-Za-z0-9+/]{38,})"')
"""A token as a whole JSON string: subject, origin, fingerprint, nonce and ciphertext."""

_PLAIN_SUBJECT = re.compile(r"[A-Za-z0-9_-]+")


class Token(Struct, frozen=True):
    """The parts of `sealed.1.<subject>.<origin>.<fingerprint>.<nonce and ciphertext>`."""

    subject: str
    origin: str
    sealed: bytes

    def open(self, key: DataKey) -> str:
        """Return the text. Raises Unreadable when the key is another or anything of the token was changed."""
        return key.open(self.sealed, bound_to(self.subject, self.origin)).decode()


def sealed(key: DataKey, subject: str, origin: str, text: str, fingerprint: str) -> str:
    """Return the token of a text; `origin` names the event and the field that it was first written to."""
    ciphertext = encode64(key.seal(text.encode(), bound_to(subject, origin)))
    return f"{PREFIX}{_named(subject)}.{encode64(origin.encode())}.{fingerprint}.{ciphertext}"


def read(match: "re.Match[bytes]") -> Token:
    """Return the token that PATTERN has found. Raises Unreadable when its parts are no base64."""
    try:
        subject, origin, sealed_ = match[1].decode(), decode64(match[2].decode()), decode64(match[4].decode())
        return Token(_subject(subject), origin.decode(), sealed_)
    except ValueError:
        raise Unreadable from None


def bound_to(subject: str, origin: str) -> bytes:
    """Return the additional data that a sealed value is bound to."""
    return f"{subject}\0{origin}".encode()


@lru_cache(maxsize=10_000)
def _named(subject: str) -> str:
    return subject if _PLAIN_SUBJECT.fullmatch(subject) else f"~{encode64(subject.encode())}"


def _subject(name: str) -> str:
    return decode64(name[1:]).decode() if name.startswith("~") else name
