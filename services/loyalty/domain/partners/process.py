"""A command to a partner, decided beside the entries that it is about: all of it is booked, or nothing."""

from collections.abc import Mapping, Sequence

from msgspec import structs

from services.loyalty.domain.partners.commands import Agree, CloseMonth, Command, ReversePoints
from services.loyalty.domain.partners.decider import PARTNER
from services.loyalty.domain.partners.entry import ENTRY, Entry, Keep, Reduce, key_of
from services.loyalty.domain.partners.events import Event, PartnerEntryBooked
from services.loyalty.domain.partners.partner import entry_id
from services.loyalty.domain.streams import Streams


def ask(streams: Streams, command: Command) -> Sequence[Event]:
    """Let the partner obey the command, and its entries remember what was booked. Raises Rejected."""
    partner_id = command.partner_id
    names = {name: key_of(partner_id, name) for name in _about(command)}
    known = {name: entry for name, key in names.items() if (entry := streams.state(ENTRY, key)) is not None}
    subject = PARTNER.stream(partner_id)
    events = streams.ask(PARTNER, partner_id, _beside(command, known), subject)
    for event in events:
        if isinstance(event, PartnerEntryBooked):
            streams.ask(ENTRY, key_of(partner_id, event.entry_id), Keep(event), subject)
            if event.reverses in known:
                streams.ask(ENTRY, key_of(partner_id, event.reverses), Reduce(event), subject)
    return events


def streams_of(command: Command) -> Sequence[str]:
    """Return the streams that a command is decided on."""
    partner_id = command.partner_id
    return (PARTNER.stream(partner_id), *(ENTRY.stream(key_of(partner_id, name)) for name in _about(command)))


def _about(command: Command) -> Sequence[str]:
    """Return the names of the entries that a command books, or reverses."""
    if isinstance(command, Agree | CloseMonth):
        return ()
    own = entry_id(command.source, command.event)
    return (own, command.reverses) if isinstance(command, ReversePoints) else (own,)


def _beside(command: Command, known: Mapping[str, Entry]) -> Command:
    return command if isinstance(command, Agree | CloseMonth) else structs.replace(command, known=dict(known))
