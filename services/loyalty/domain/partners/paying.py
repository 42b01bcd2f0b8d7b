"""Packs that a prepaid partner buys, and payments that settle what is owed."""

from collections.abc import Sequence
from decimal import Decimal

from services.loyalty.domain.money import to_cents
from services.loyalty.domain.partners.commands import BuyPack, Pay
from services.loyalty.domain.partners.entries import LARGEST, agreed, is_known, must_be_positive, place
from services.loyalty.domain.partners.events import PartnerEntryBooked
from services.loyalty.domain.partners.partner import Partner, entry_id
from shared.errors import Rejected


def buy_pack(command: BuyPack, partner: Partner) -> Sequence[PartnerEntryBooked]:
    """Add points to what a prepaid partner may issue, and their price to what it owes."""
    agreement = agreed(partner, command.partner_id)
    name = entry_id(command.source, command.event)
    if is_known(partner, command, "pack", command.points, amount=command.amount):
        return ()
    must_be_positive(command.points)
    if not agreement.prepaid:
        raise Rejected("not-prepaid", f"{command.partner_id} pays afterwards: there are no packs to buy.")
    must_be_exact(command.amount, agreement.money)
    if partner.pack + command.points > LARGEST:
        raise Rejected("points-overflow", f"{partner.pack} prepaid points are left; {command.points} more don't fit.")
    month, late = place(partner, agreement, command.at)
    price = command.amount / command.points
    return (
        PartnerEntryBooked(
            command.partner_id,
            name,
            "pack",
            command.at,
            month,
            command.points,
            price.quantize(Decimal("0.000001")),
            command.amount,
            agreement.money,
            pack=command.points,
            late=late,
            apart=True,
        ),
    )


def pay(command: Pay, partner: Partner) -> Sequence[PartnerEntryBooked]:
    """Take a payment off what is owed."""
    agreement = agreed(partner, command.partner_id)
    name = entry_id(command.source, command.event)
    amount = 0 - command.amount
    if is_known(partner, command, "payment", 0, amount=amount):
        return ()
    must_be_exact(abs(command.amount), agreement.money)
    month, late = place(partner, agreement, command.at)
    money = agreement.money
    booked = PartnerEntryBooked(
        command.partner_id, name, "payment", command.at, month, 0, Decimal(0), amount, money, late=late, apart=True
    )
    return (booked,)


def must_be_exact(amount: Decimal, money: str) -> None:
    """Refuse nothing, and an amount that the money can't be divided into."""
    if amount <= 0 or to_cents(amount, money) != amount:
        raise Rejected("amount-not-payable", f"{amount} {money} can't be paid: give an amount of whole cents above 0.")
