"""A service's event types: their names and versions on the wire, and how old ones are read for ever."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

import msgspec

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the stored dict of one version into that of the next. Pure, and never edited once released."""


class EventName(NamedTuple):
    """`complaint-opened.v1`, taken apart."""

    type: str
    version: int

    @classmethod
    def parse(cls, text: str) -> "EventName":
        """Read `<type>.v<n>`; ValueError when it has another form."""
        type_, separator, version = text.rpartition(".v")
        if not separator or not type_ or not version.isdigit():
            raise ValueError(f"{text!r} is not of the form <type>.v<n>")
        return cls(type_, int(version))


class Catalogue:
    """Which struct each event name stands for; the same for what a service writes and what it reads of others.

    `events` maps the newest name of each type, `<type>.v<n>`, to its struct. A reader
    may read several types by one struct; a writer needs one for each.
    `upcasters` maps an old name to the function that lifts it by one version.
    """

    def __init__(
        self, service: str, events: Mapping[str, type[Any]], upcasters: Mapping[str, Upcaster] | None = None
    ) -> None:
        self.service = service
        self.reads_all = False
        self.events = dict(events)
        self.upcasters = dict(upcasters or {})
        parsed = {text: EventName.parse(text) for text in self.events}
        self._names = {self.events[text]: name for text, name in parsed.items()}
        self._current = {name.type: (name.version, self.events[text]) for text, name in parsed.items()}
        self._decoders: dict[tuple[str, int], Callable[[bytes | str], Any]] = {
            name: msgspec.json.Decoder(self.events[text]).decode for text, name in parsed.items()
        }

    @classmethod
    def everything(cls, service: str) -> "Catalogue":
        """Return a catalogue that reads every type of `service`, as JSON alone: `Recorded.event` is then None."""
        catalogue = cls(service, {})
        catalogue.reads_all = True
        return catalogue

    def name_of(self, event: object) -> EventName:
        """Return the name and version under which `event` is stored. KeyError: it is not in the catalogue."""
        return self._names[type(event)]

    def knows(self, type_: str) -> bool:
        """Tell whether events of this type are read at all; the others are skipped and counted."""
        return self.reads_all or type_ in self._current

    def decode(self, type_: str, version: int, data: bytes | str) -> Any:
        """Return the typed event, lifting old versions step by step.

        A catalogue of everything returns None for a type that it has no struct for.
        Raises `msgspec.ValidationError` when the data does not fit the type,
        and LookupError when the version is newer than this program.
        """
        decoder = self._decoders.get((type_, version))
        if decoder:
            return decoder(data)
        return self._lift(type_, version, data) if type_ in self._current else None

    def decoder(self, type_: str, version: int) -> Callable[[bytes | str], Any]:
        """Return `decode` for one name, for whoever reads many of it."""
        return self._decoders.get((type_, version)) or partial(self.decode, type_, version)

    def _lift(self, type_: str, version: int, data: bytes | str) -> Any:
        current, struct = self._current[type_]
        if version > current:
            raise LookupError(f"{type_}.v{version} is newer than this program, which knows v{current}: upgrade it")
        fields = msgspec.json.decode(data)
        for step in range(version, current):
            fields = self.upcasters[f"{type_}.v{step}"](fields)
        return msgspec.convert(fields, struct)


_encode = msgspec.json.Encoder(decimal_format="string").encode


def encode(event: object) -> bytes:
    """Return the event's JSON: UTF-8, decimals as strings, times in RFC 3339."""
    return _encode(event)


def merged(catalogues: Iterable[Catalogue]) -> Catalogue:
    """Return one catalogue of a service that reads whatever any of `catalogues` reads."""
    first, *others = catalogues
    together = Catalogue(first.service, first.events, first.upcasters)
    for other in others:
        together = Catalogue(
            first.service, {**together.events, **other.events}, {**together.upcasters, **other.upcasters}
        )
    together.reads_all = any(catalogue.reads_all for catalogue in (first, *others))
    return together
