"""Cursors that bear our signature, whatever they say: Invalid, or a place in the list. A key may leak."""

import msgspec
from itsdangerous import URLSafeSerializer

from shared.errors import Invalid
from shared.http.pages import _Asked
from tests.fuzzing.requests import SETTINGS, call
from tests.fuzzing.targets.list_query import LISTS, _fits, _values


def one(data: bytes) -> None:
    """Sign `data`, where it is JSON, and ask each list with it as its cursor."""
    try:
        said = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    for listing in LISTS:
        signer = URLSafeSerializer(SETTINGS.cursor_secret.get_secret_value(), salt=listing.view.name)
        query = b"sort=" + listing.sorts[0].encode() + b"&page[after]=" + signer.dumps(said).encode()
        try:
            asked = _Asked.of(call(query=query), listing)
        except Invalid:
            continue
        for column, value in _values(listing, asked):
            _fits(column, value)
