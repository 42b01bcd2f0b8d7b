"""Master keys: they wrap the data keys. From the environment, or from a key management service behind the same port."""

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from shared.privacy.data_key import SECRET_BYTES, Box

_PAIR = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]{0,62}):(?P<key>[A-Za-z0-9+/=]+)")

DEVELOPMENT = "development-1:" + "cmFwcG9ydCBkZXZlbG9wbWVudCBtYXN0ZXIga2V5IDE="
"""Built in and known to everyone: production refuses it."""


class Wrapped(Struct, frozen=True):
    """A data key as it is kept: sealed by the master key of this name, and bound to its subject."""

    subject: str
    master_key: str
    sealed: bytes


class MasterKeys(Protocol):
    """Wraps and unwraps data keys, many at a time, since a service across a network would be asked so."""

    @property
    def current(self) -> str:
        """The name of the master key that wraps new data keys."""
        ...

    async def wrap(self, secrets: Mapping[str, bytes]) -> Sequence[Wrapped]:
        """Return each subject's secret, wrapped by the current master key."""
        ...

    async def unwrap(self, wrapped: Sequence[Wrapped]) -> Mapping[str, bytes]:
        """Return the secrets by subject.

        Raises LookupError when a master key isn't here, and Unreadable when the
        one of that name is not the one that wrapped.
        """
        ...


class EnvironmentMasterKeys:
    """Master keys from `name:base64,name:base64`: the first wraps, the others unwrap until a rotation is over."""

    def __init__(self, text: str) -> None:
        self._boxes = {name: Box(secret, b"rapport wrap") for name, secret in read(text).items()}
        self.current = next(iter(self._boxes))

    @property
    def names(self) -> Sequence[str]:
        """All names, the current one first."""
        return tuple(self._boxes)

    async def wrap(self, secrets: Mapping[str, bytes]) -> Sequence[Wrapped]:
        """See `MasterKeys.wrap`."""
        box = self._boxes[self.current]
        return [
            Wrapped(subject, self.current, box.seal(secret, subject.encode())) for subject, secret in secrets.items()
        ]

    async def unwrap(self, wrapped: Sequence[Wrapped]) -> Mapping[str, bytes]:
        """See `MasterKeys.unwrap`."""
        return {item.subject: self._box(item.master_key).open(item.sealed, item.subject.encode()) for item in wrapped}

    def _box(self, name: str) -> Box:
        if name not in self._boxes:
            raise LookupError(f"MASTER_KEYS lacks {name!r}, which still wraps data keys: keep it until all are rotated")
        return self._boxes[name]


def read(text: str) -> dict[str, bytes]:
    """Return the keys by name, in order. ValueError says what is wrong, without the keys themselves."""
    keys: dict[str, bytes] = {}
    for number, pair in enumerate(text.split(","), start=1):
        found = _PAIR.fullmatch(pair.strip())
        if found is None:
            raise ValueError(f"entry {number} is not of the form name:base64")
        try:
            secret = b64decode(found["key"], validate=True)
        except ValueError:
            secret = b""
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"the key of {found['name']!r} must be base64 of {SECRET_BYTES} random bytes")
        if found["name"] in keys:
            raise ValueError(f"{found['name']!r} stands twice")
        keys[found["name"]] = secret
    return keys
