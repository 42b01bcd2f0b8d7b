"""Ids of feeds: Invalid, or a place of the log that isn't ahead of its end."""

from shared.errors import Invalid
from shared.feeds.places import BEGINNING, id_of, read_id
from shared.store.contract import PARTITIONS

_ENDS = {(service, place): 1000 + place for service in ("contact", "loyalty") for place in range(PARTITIONS)}


def one(data: bytes) -> None:
    """Read `data` as a header's value."""
    text = data.decode("latin-1")
    try:
        reached = read_id(text, _ENDS)
    except Invalid:
        return
    assert list(reached) == list(_ENDS)
    assert all(0 <= number <= _ENDS[place] for place, number in reached.items())
    assert text == BEGINNING or read_id(id_of(reached), _ENDS) == reached
