"""Entries: each is booked once for ever, into the statement of its month, or of the first one that is still open."""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from services.loyalty.domain.partners.agreement import Agreement
from services.loyalty.domain.partners.commands import Booking
from services.loyalty.domain.partners.entry import Entry
from services.loyalty.domain.partners.partner import Partner, entry_id
from shared.errors import Missing, Rejected

LARGEST = 2**63 - 1
"""Points are 64-bit integers; what would pass this is refused, never wrapped."""


class Place(NamedTuple):
    """The statement that an entry goes into, and whether it belongs to one that is closed."""

    month: date
    late: bool


def agreed(partner: Partner, partner_id: str) -> Agreement:
    """Return the agreement. Raises Missing where there is none."""
    if partner.agreement is None:
        raise Missing("partner-unknown", f"There is no agreement with {partner_id}.")
    return partner.agreement


def place(partner: Partner, agreement: Agreement, at: datetime) -> Place:
    """Return the month that an entry is booked into: its own, or the one after the last that is closed."""
    month = agreement.month_of(at)
    if partner.closed_until is None or month > partner.closed_until:
        return Place(month, False)
    return Place(after(partner.closed_until), True)


def after(month: date) -> date:
    """Return the month after another."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def found(partner: Partner, command: Booking, name: str) -> Entry | None:
    """Return an entry by its name; None where it isn't booked."""
    return command.known.get(name) or partner.entries.get(name)


def is_known(
    partner: Partner, command: Booking, kind: str, points: int, reverses: str = "", amount: Decimal | None = None
) -> bool:
    """Tell whether the command's entry is booked already. Raises Rejected where it is known as another."""
    name = entry_id(command.source, command.event)
    known = found(partner, command, name)
    if known is None:
        return False
    same = (known.kind, known.points, known.reverses) == (kind, points, reverses)
    if not same or (amount is not None and known.amount != amount):
        raise Rejected("entry-differs", f"Entry {name} is known as a {known.kind} of {known.points} points.")
    return True


def must_be_positive(points: int) -> None:
    """Refuse nothing, less than nothing, and what doesn't fit 64 bits."""
    if not 0 < points <= LARGEST:
        raise Rejected("points-not-positive", "Book at least one point, and fewer than 2^63.")
