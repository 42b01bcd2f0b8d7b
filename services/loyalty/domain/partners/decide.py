"""Which events obey a command to a partner."""

from collections.abc import Sequence
from typing import assert_never

from services.loyalty.domain.partners.agreement import faults
from services.loyalty.domain.partners.booking import book_points, reverse
from services.loyalty.domain.partners.closing import close
from services.loyalty.domain.partners.commands import (
    Agree,
    BookPoints,
    BuyPack,
    CloseMonth,
    Command,
    Pay,
    ReversePoints,
)
from services.loyalty.domain.partners.events import Event, PartnerAgreed
from services.loyalty.domain.partners.partner import Partner
from services.loyalty.domain.partners.paying import buy_pack, pay
from shared.errors import Invalid, Rejected


def decide(command: Command, partner: Partner) -> Sequence[Event]:
    """Return the events that obey `command`; a repeat gives none, a contradiction is refused."""
    match command:
        case Agree():
            return agree(command, partner)
        case BookPoints():
            return book_points(command, partner)
        case ReversePoints():
            return reverse(command, partner)
        case BuyPack():
            return buy_pack(command, partner)
        case Pay():
            return pay(command, partner)
        case CloseMonth():
            return close(command, partner)
        case _:
            assert_never(command)


def agree(command: Agree, partner: Partner) -> Sequence[PartnerAgreed]:
    """Agree anew. Money and zone stay: statements add up over months, and months must not overlap."""
    before, agreement = partner.agreement, command.agreement
    found = list(faults(agreement))
    if found:
        raise Invalid(found)
    if before == agreement:
        return ()
    if before and (before.money, before.zone) != (agreement.money, agreement.zone):
        raise Rejected(
            "agreement-differs", f"{command.partner_id} is settled in {before.money} by the months of {before.zone}."
        )
    return (PartnerAgreed(command.partner_id, agreement),)
