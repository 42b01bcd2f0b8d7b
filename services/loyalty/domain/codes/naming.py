"""How a code is found without being written down: by a keyed hash, which tells nothing to whoever lacks the key."""

import hmac
from hashlib import sha256

CODE_TEXT = r"^[!-~]{4,64}$"
"""What can be a code: 4 to 64 printable ASCII characters without a space."""


def keyed_hash(secret: str, code: str) -> str:
    """Return the name of a code: HMAC-SHA256 (RFC 2104), in hex. The same code has the same name in every pool."""
    return hmac.new(secret.encode(), b"code\0" + code.encode(), sha256).hexdigest()
