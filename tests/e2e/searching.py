"""Looks for a text in raw files: in every encoding in which it could stand there, and inside compressed parts."""

import gzip
import re
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

SMALLEST = 8
"""Bytes of the shortest form that is looked for: a shorter one would be found anywhere by chance."""

_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_MOST_UNPACKED = 1 << 20
_FIRST = 256


def forms(text: str) -> dict[str, bytes]:
    """Return the encodings of a text, by name."""
    utf8 = text.encode()
    escaped = "".join(letter if letter.isascii() else f"\\u{ord(letter):04x}" for letter in text)
    found = {
        "utf-8": utf8,
        "utf-16-le": text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "json": escaped.encode(),
        "JSON": re.sub(r"\\u....", lambda part: part[0][:2] + part[0][2:].upper(), escaped).encode(),
        "percent": quote(text, safe="").encode(),
        "form": quote_plus(text, safe="").encode(),
        "hex": utf8.hex().encode(),
        "HEX": utf8.hex().upper().encode(),
        "latin-1": text.encode("latin-1"),
    }
    for shift in range(3):
        found[f"base64+{shift}"] = _middle(b64encode, utf8, shift)
        found[f"base64url+{shift}"] = _middle(urlsafe_b64encode, utf8, shift)
        found[f"hex in base64+{shift}"] = _middle(b64encode, utf8.hex().encode(), shift)
    assert all(len(form) >= SMALLEST for form in found.values())
    return found


def _middle(encode: "type[bytes] | object", data: bytes, shift: int) -> bytes:
    """Return the part of the base64 that doesn't depend on what stands before or after."""
    encoded: bytes = encode(b"\0" * shift + data)  # type: ignore[operator] # one of two functions of the library
    start = (shift * 8 + 5) // 6
    whole = (shift + len(data)) * 8 // 6
    return encoded[start:whole]


class Search:
    """Looks for several texts at once."""

    def __init__(self, *texts: str) -> None:
        self._forms = {f"{text} ({name})": form for text in texts for name, form in forms(text).items()}

    def in_bytes(self, data: bytes) -> list[str]:
        """Return the names of what is found, also inside gzip and zlib parts."""
        found = self._plainly(data)
        for part in unpacked(data):
            found += [f"{name}, compressed" for name in self._plainly(part)]
        return found

    def _plainly(self, data: bytes) -> list[str]:
        return [name for name, form in self._forms.items() if form in data]

    def in_files(self, folder: Path) -> list[str]:
        """Return what is found below the folder, each with its file; files that go meanwhile are gone."""
        found = []
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            try:
                # Zeros are most of what is on the disk, and hold nothing.
                data = file.read_bytes().rstrip(b"\0")
            except OSError:
                continue
            found += [f"{file.relative_to(folder)}: {name}" for name in self.in_bytes(data)] if data else []
        return found


def unpacked(data: bytes) -> Iterator[bytes]:
    """Yield what can be decompressed, from wherever something compressed seems to begin."""
    view = memoryview(data)
    for start in _PACKED.finditer(data):
        decompressor = zlib.decompressobj(wbits=47)
        try:
            # Most of what begins so isn't compressed at all, which a few bytes tell.
            part = decompressor.decompress(view[start.start() : start.start() + _FIRST])
            part += decompressor.decompress(view[start.start() + _FIRST : start.start() + _MOST_UNPACKED])
        except zlib.error:
            continue
        if len(part) >= SMALLEST:
            yield part


def packed(data: bytes) -> dict[str, bytes]:
    """Return the data as the compressions leave it that the search knows."""
    return {"gzip": gzip.compress(data), "zlib": zlib.compress(data)}
