"""What a partner is after each event."""

from decimal import Decimal
from typing import assert_never

from msgspec import structs

from services.loyalty.domain.partners.entry import Entry
from services.loyalty.domain.partners.events import Event, PartnerAgreed, PartnerEntryBooked, PartnerMonthClosed
from services.loyalty.domain.partners.partner import Partner, Sums


def evolve(partner: Partner, event: Event) -> Partner:
    """Return the partner as it is after `event`."""
    match event:
        case PartnerAgreed():
            return structs.replace(partner, agreement=event.agreement)
        case PartnerEntryBooked():
            return _booked(partner, event)
        case PartnerMonthClosed():
            still_open = {month: sums for month, sums in partner.open.items() if month > event.month}
            return structs.replace(partner, open=still_open, closed_until=event.month, balance=event.closing)
        case _:
            assert_never(event)


def _booked(partner: Partner, event: PartnerEntryBooked) -> Partner:
    sums = partner.open.get(event.month, Sums())
    amounts = {**sums.amounts, event.kind: sums.amounts.get(event.kind, Decimal(0)) + event.amount}
    entries = partner.entries
    if not event.apart:
        entries = {**entries, event.entry_id: _entry(event)}
    reversed_ = entries.get(event.reverses)
    if reversed_:
        entries = {**entries, event.reverses: structs.replace(reversed_, left=reversed_.left + event.points)}
    return structs.replace(
        partner,
        pack=partner.pack + event.pack,
        entries=entries,
        open={**partner.open, event.month: Sums(amounts, sums.entries + 1)},
    )


def _entry(event: PartnerEntryBooked) -> Entry:
    what = (event.unit_price, event.amount, event.points_currency, event.reverses, event.pack < 0)
    return Entry(event.kind, event.points, event.points, *what)
