"""Booking points: at the price of the day on which they moved, and back again at that same price."""

from collections.abc import Sequence
from decimal import Decimal
from typing import get_args

from services.loyalty.domain.money import to_cents
from services.loyalty.domain.partners.agreement import Kind
from services.loyalty.domain.partners.commands import BookPoints, ReversePoints
from services.loyalty.domain.partners.entries import agreed, found, is_known, must_be_positive, place
from services.loyalty.domain.partners.entry import Entry
from services.loyalty.domain.partners.events import PartnerEntryBooked
from services.loyalty.domain.partners.partner import Partner, entry_id
from shared.errors import Missing, Rejected


def book_points(command: BookPoints, partner: Partner) -> Sequence[PartnerEntryBooked]:
    """Book points at the price of the day; a prepaid partner's accruals are taken from its packs, and are paid for."""
    agreement = agreed(partner, command.partner_id)
    name = entry_id(command.source, command.event)
    if is_known(partner, command, command.kind, command.points):
        return ()
    must_be_positive(command.points)
    price = agreement.price_at(command.kind, command.points_currency, command.at)
    if price is None:
        raise Rejected(
            "price-unknown",
            f"No {command.kind} price of {command.points_currency} is agreed for {command.at.isoformat()}.",
        )
    from_pack = command.points if agreement.prepaid and command.kind == "accrual" else 0
    if from_pack and from_pack > partner.pack + agreement.overdraft:
        raise Rejected(
            "pack-exhausted",
            f"{partner.pack} prepaid points are left and {command.points} are to be issued: buy a pack first.",
        )
    value = to_cents((command.points - from_pack) * price.unit_price, agreement.money)
    month, late = place(partner, agreement, command.at)
    return (
        PartnerEntryBooked(
            command.partner_id,
            name,
            command.kind,
            command.at,
            month,
            command.points,
            price.unit_price,
            _owed(command.kind, value),
            agreement.money,
            command.points_currency,
            pack=-from_pack,
            late=late,
            apart=True,
        ),
    )


def reverse(command: ReversePoints, partner: Partner) -> Sequence[PartnerEntryBooked]:
    """Take points of an entry back at its own price; all of them together give back exactly what it cost."""
    agreement = agreed(partner, command.partner_id)
    name = entry_id(command.source, command.event)
    if is_known(partner, command, "reversal", -command.points, command.reverses):
        return ()
    must_be_positive(command.points)
    entry = found(partner, command, command.reverses)
    if entry is None or entry.kind not in get_args(Kind):
        raise Missing("entry-unknown", f"There is no accrual or redemption {command.reverses} to reverse.")
    if command.points > entry.left:
        raise Rejected(
            "reversal-too-large",
            f"Of {command.reverses}, {entry.left} points are left: take at most these.",
        )
    month, late = place(partner, agreement, command.at)
    return (
        PartnerEntryBooked(
            command.partner_id,
            name,
            "reversal",
            command.at,
            month,
            -command.points,
            entry.unit_price,
            _given_back(entry, command.points, agreement.money),
            agreement.money,
            entry.points_currency,
            command.reverses,
            command.points if entry.prepaid else 0,
            late,
            apart=True,
        ),
    )


def _given_back(entry: Entry, points: int, money: str) -> Decimal:
    """Return what a reversal changes: the value of what is left after it, less of what was left before it."""
    if entry.prepaid:
        return Decimal(0)
    before, after = (to_cents(left * entry.unit_price, money) for left in (entry.left, entry.left - points))
    return _owed(entry.kind, after - before)


def _owed(kind: str, value: Decimal) -> Decimal:
    """A partner owes us for points that its customers earn, and we owe it for those that they redeem."""
    return value if kind == "accrual" else 0 - value
