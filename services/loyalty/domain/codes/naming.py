"""How a code is found without being written down: by a keyed hash, which tells nothing to whoever lacks the key."""

import hmac
import re
from hashlib import sha256

_CODE = re.compile(r"[!-~]{4,64}")


def is_code(text: str) -> bool:
    """Tell whether a text can be a code: 4 to 64 printable ASCII characters without a space."""
    return _CODE.fullmatch(text) is not None


def keyed_hash(secret: str, code: str) -> str:
    """Return the name of a code: HMAC-SHA256 (RFC 2104), in hex. The same code has the same name in every pool."""
    return hmac.new(secret.encode(), b"code\0" + code.encode(), sha256).hexdigest()
