"""Content negotiation: which of the media types on offer the caller likes best (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Iterator, Mapping, Sequence

from fastapi import Request

from shared.errors import Rejected

_QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)


class NotAcceptable(Rejected):
    """None of what a route offers is what the caller accepts."""

    status = 406


def accepted(request: Request, offered: Sequence[str]) -> str:
    """Return which of the offered media types to answer with. Raises NotAcceptable, which names them, for none."""
    found = preferred(",".join(request.headers.getlist("accept")), offered)
    if found is None:
        raise NotAcceptable("not-acceptable", f"Accept one of {', '.join(offered)}.")
    return found


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """Return the offered type of the highest quality, the first of equals; None where the header accepts none.

    Without a header anything is accepted. Of several ranges that a type is in, the most specific counts.
    """
    ranges = dict(_ranges(accept)) if accept.strip() else {"*/*": 1.0}
    best = max(offered, key=lambda media: _quality(media, ranges))
    return best if _quality(best, ranges) > 0 else None


def _quality(media: str, ranges: Mapping[str, float]) -> float:
    names = (media, f"{media.partition('/')[0]}/*", "*/*")
    return next((ranges[name] for name in names if name in ranges), 0.0)


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Yield each range with its quality; one whose quality is no number from 0 to 1 is passed over."""
    for item in accept.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        if _QUALITY.fullmatch(quality):
            yield name, float(quality)
