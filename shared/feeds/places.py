"""How far a feed has come: the number reached in every partition of every service, and its text as an event id."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from shared.errors import Invalid
from shared.store.contract import PARTITIONS

Place = tuple[str, int]
"""A service and a partition of its log."""

Reached = Mapping[Place, int]
"""The last number passed in each place; 0 where nothing was."""

HEADER = "Last-Event-ID"
BEGINNING = "0"
"""The id before the first event: whoever sends it hears everything."""

_Numbers = Annotated[list[Annotated[int, Meta(ge=0)]], Meta(min_length=PARTITIONS, max_length=PARTITIONS)]
_decode = msgspec.msgpack.Decoder(dict[str, _Numbers]).decode
_encode = msgspec.msgpack.Encoder().encode


def beginning(services: Sequence[str]) -> dict[Place, int]:
    """Return the place before the first event of each service."""
    return {(service, partition): 0 for service in services for partition in range(PARTITIONS)}


def id_of(reached: Reached) -> str:
    """Return the text that names how far a feed has come. It grants nothing, so it isn't signed."""
    numbers: dict[str, list[int]] = {}
    for (service, _), number in reached.items():
        numbers.setdefault(service, []).append(number)
    return base64.urlsafe_b64encode(_encode(numbers)).decode().rstrip("=")


def read_id(text: str, ends: Reached) -> dict[Place, int]:
    """Return what `id_of` gave, of a feed over the places of `ends`.

    Raises Invalid for a text that no such feed gave, and for numbers that lie ahead of `ends`.
    """
    services = list({service: None for service, _ in ends})
    if text == BEGINNING:
        return beginning(services)
    try:
        numbers = _decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise _bad("is no id that this feed gave: begin anew without it, or with 0 to hear everything") from None
    if list(numbers) != services:
        raise _bad("comes from another feed: begin anew without it, or with 0 to hear everything")
    reached = {
        (service, partition): number for service in services for partition, number in enumerate(numbers[service])
    }
    if any(number > ends[place] for place, number in reached.items()):
        raise _bad("lies ahead of the log, which may have been restored: begin anew without it, or with 0")
    return reached


def _bad(message: str) -> Invalid:
    return Invalid([(HEADER, message)])
