"""Bodies of batches: Invalid for what is no list, and for each item an answer of its own."""

import msgspec

from services.contact.api.touchpoints import MOST, _items
from services.contact.contracts.touchpoint import decode
from shared.errors import Invalid
from shared.http.gate import Refused, _check

_JSON = {b"content-type": b"application/json"}


def one(data: bytes) -> None:
    """Send `data` as a batch."""
    try:
        _check({"path": "/v1/touchpoints:batch"}, _JSON, data)
        items = _items(data)
    except (Refused, Invalid):
        return
    assert len(items) <= MOST
    for item in items:
        assert isinstance(item, msgspec.Raw)
        try:
            decode(bytes(item))
        except Invalid:
            continue
