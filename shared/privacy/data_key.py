"""A subject's data key: seals and opens (AES-256-GCM), and fingerprints (BLAKE2b), each under a key of its own."""

import os
from binascii import a2b_base64, b2a_base64
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES = 32
NONCE_BYTES = 12
FINGERPRINT_BYTES = 16


class Unreadable(Exception):
    """The sealed value was not made under this key, or is not as it was made."""


class Box:
    """Seals bytes under the key that follows from `secret` for one purpose (HKDF, RFC 5869; AES-256-GCM)."""

    __slots__ = ("_aead",)

    def __init__(self, secret: bytes, purpose: bytes) -> None:
        self._aead = AESGCM(derived(secret, purpose))

    def seal(self, data: bytes, bound_to: bytes) -> bytes:
        """Return nonce and ciphertext; only `open` with the same `bound_to` gives the data back."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, data, bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Return what was sealed. Raises Unreadable."""
        try:
            return self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
        except (InvalidTag, ValueError):
            raise Unreadable from None


class DataKey(Box):
    """One subject's key; `secret` is what is wrapped and kept."""

    __slots__ = ("_fingerprints", "secret")

    def __init__(self, secret: bytes) -> None:
        super().__init__(secret, b"rapport seal")
        self.secret = secret
        self._fingerprints = derived(secret, b"rapport fingerprint")

    @classmethod
    def fresh(cls) -> "DataKey":
        """Return a key that nobody else has."""
        return cls(os.urandom(SECRET_BYTES))

    def fingerprint(self, text: str) -> str:
        """Return what tells equal texts of this subject from others, and without the key nothing (RFC 7693)."""
        hashed = blake2b(text.encode(), key=self._fingerprints, digest_size=FINGERPRINT_BYTES)
        return encode64(hashed.digest())


def derived(secret: bytes, purpose: bytes) -> bytes:
    """Return the key of one purpose that follows from a secret."""
    return HKDF(SHA256(), SECRET_BYTES, salt=None, info=purpose).derive(secret)


def encode64(data: bytes) -> str:
    """Return base64 (RFC 4648) without padding."""
    return b2a_base64(data, newline=False).decode().rstrip("=")


def decode64(text: str) -> bytes:
    """Return the bytes of what `encode64` made. ValueError when it is something else."""
    return a2b_base64(text + "=" * (-len(text) % 4))
