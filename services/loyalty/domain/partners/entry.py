"""An entry's own stream, `entry-<partner>:<source>:<event>`: it counts once for ever, and knows what is left of it.

So a partner needn't remember every entry there ever was to know whether one is new.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import assert_never

from msgspec import Struct, structs

from services.loyalty.domain.partners.events import EntryKind, PartnerEntryBooked
from shared.decider import Decider


class EntryKept(Struct, frozen=True, omit_defaults=True):
    """An entry was booked with the partner, in whose stream is the statement that it belongs to."""

    partner_id: str
    entry_id: str
    kind: EntryKind
    points: int
    unit_price: Decimal
    amount: Decimal
    points_currency: str = "points"
    reverses: str = ""
    prepaid: bool = False


class EntryReduced(Struct, frozen=True):
    """Another entry, `by`, reversed so many of its points."""

    partner_id: str
    entry_id: str
    by: str
    points: int


Event = EntryKept | EntryReduced


class Entry(Struct, frozen=True):
    """An entry that was booked: `left` of its points are not reversed; `prepaid`: they came out of packs."""

    kind: str
    points: int
    left: int
    unit_price: Decimal
    amount: Decimal
    points_currency: str
    reverses: str = ""
    prepaid: bool = False


class Keep(Struct, frozen=True):
    """Keep what was booked."""

    booked: PartnerEntryBooked


class Reduce(Struct, frozen=True):
    """Take off what a reversal took."""

    by: PartnerEntryBooked


Command = Keep | Reduce


def key_of(partner_id: str, name: str) -> str:
    """Return the key of an entry's stream."""
    return f"{partner_id}:{name}"


def decide(command: Command, entry: Entry | None) -> Sequence[Event]:
    """Return the event that obeys `command`; what may be booked, the partner has decided."""
    match command:
        case Keep(booked):
            return () if entry else (_kept(booked),)
        case Reduce(by):
            return (EntryReduced(by.partner_id, by.reverses, by.entry_id, -by.points),)
        case _:
            assert_never(command)


def _kept(booked: PartnerEntryBooked) -> EntryKept:
    what = (booked.kind, booked.points, booked.unit_price, booked.amount, booked.points_currency, booked.reverses)
    return EntryKept(booked.partner_id, booked.entry_id, *what, booked.pack < 0)


def evolve(entry: Entry | None, event: Event) -> Entry | None:
    """Return the entry as it is after `event`."""
    match event:
        case EntryKept():
            what = (event.unit_price, event.amount, event.points_currency, event.reverses, event.prepaid)
            return Entry(event.kind, event.points, event.points, *what)
        case EntryReduced():
            return entry and structs.replace(entry, left=entry.left - event.points)
        case _:
            assert_never(event)


ENTRY: Decider[Command, Event, Entry | None] = Decider("entry", None, decide, evolve)
