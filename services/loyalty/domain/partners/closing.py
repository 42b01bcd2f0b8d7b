"""Closing: a month that is over is closed once, after all months before it, and stays as it is for good."""

from collections.abc import Sequence

from services.loyalty.domain.partners.commands import CloseMonth
from services.loyalty.domain.partners.entries import after, agreed
from services.loyalty.domain.partners.events import PartnerMonthClosed
from services.loyalty.domain.partners.partner import Partner, Sums
from shared.errors import Rejected


def close(command: CloseMonth, partner: Partner) -> Sequence[PartnerMonthClosed]:
    """Close a month, and before it every earlier one that is still open; one that is closed stays so."""
    agreement = agreed(partner, command.partner_id)
    if command.month.day != 1:
        raise Rejected("not-a-month", "Name a month by its first day.")
    if partner.closed_until is not None and command.month <= partner.closed_until:
        return ()
    if command.month >= agreement.month_of(command.now):
        raise Rejected("month-open", f"{command.month:%Y-%m} isn't over: close it once the next month has begun.")
    month = after(partner.closed_until) if partner.closed_until else min([command.month, *partner.open])
    closed: list[PartnerMonthClosed] = []
    balance = partner.balance
    while month <= command.month:
        sums = partner.open.get(month, Sums())
        closing = balance + sums.total
        closed.append(
            PartnerMonthClosed(command.partner_id, month, agreement.money, balance, sums.amounts, sums.entries, closing)
        )
        balance, month = closing, after(month)
    return closed
