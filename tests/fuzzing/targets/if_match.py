"""If-Match: Invalid, none, or a version."""

from shared.errors import Invalid
from tests.fuzzing.requests import call


def one(data: bytes) -> None:
    """Read `data` as the header's value."""
    try:
        version = call(headers={"if-match": data}).expected
    except Invalid:
        return
    assert version is None or version >= 0
    assert version is None or call(headers={"if-match": b'"%d"' % version}).expected == version
