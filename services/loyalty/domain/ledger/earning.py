"""Earning: an order counts once for ever, and what it owes from before is settled with it."""

from collections.abc import Sequence

from msgspec import structs

from services.loyalty.domain.ledger.account import LARGEST, Account
from services.loyalty.domain.ledger.commands import Earn, ReverseEarning
from services.loyalty.domain.ledger.events import (
    Event,
    MemberEnrolled,
    NothingEarned,
    PointsEarned,
    RefundRefused,
)
from services.loyalty.domain.ledger.evolve import evolve
from services.loyalty.domain.ledger.lot import lot_id
from services.loyalty.domain.ledger.refunding import take_back
from services.loyalty.domain.ledger.stating import stated
from services.loyalty.domain.programme.rules import CURRENT
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Rejected


def earn(command: Earn, account: Account) -> Sequence[Event]:
    """Give the order its lot; a repeat gives nothing, another amount or an unknown point currency is refused."""
    name = lot_id(command.source, command.order_id)
    known = account.lots.get(name)
    if known is not None:
        if (known.gross, known.currency) != (command.net, command.currency):
            raise Rejected(
                "earning-differs",
                f"Order {command.order_id} of {command.source} has earned on {known.gross} {known.currency};"
                f" this one says {command.net} {command.currency}. Refund the order to correct it.",
            )
        return ()
    command.declared.must_know(command.points_currency)
    events: list[Event] = [] if account.enrolled else [MemberEnrolled(command.customer_id)]
    events.append(_earned(command, account, name))
    return (*events, *_settled(command, account, events))


def _earned(command: Earn, account: Account, name: str) -> PointsEarned | NothingEarned:
    points = CURRENT.points(command.net)
    rule, currency = (CURRENT.name, CURRENT.version), command.points_currency
    order = (command.customer_id, name, command.source, command.order_id)
    if points == 0:
        return NothingEarned(*order, command.net, command.currency, *rule, currency)
    must_fit(account, points, currency)
    terms, earned_at, now = command.terms, command.earned_at, command.now
    activates_at = terms.activates_at(earned_at)
    expires_at = terms.expires_at(activates_at)
    repaid = 0 if expires_at and expires_at <= now else min(account.owed(currency), points)
    event = PointsEarned(
        *order,
        points,
        command.net,
        command.currency,
        *rule,
        earned_at,
        repaid,
        0,
        None if activates_at == earned_at else activates_at,
        expires_at,
        points - repaid if now < activates_at else 0,
        None if terms == Terms() else terms,
        currency,
        command.line,
        command.partner,
        command.unit_cost,
    )
    return stated(event, account, now)


def must_fit(account: Account, points: int, currency: str) -> None:
    """Refuse points with which the lots of the currency would hold more than 64 bits do."""
    held = sum(lot.left for lot in account.of(currency))
    if held + points > LARGEST:
        raise Rejected("points-overflow", f"The account holds {held} points; {points} more don't fit.")


def _settled(command: Earn, account: Account, events: Sequence[Event]) -> Sequence[Event]:
    """Settle the refunds that came before their order, in the order in which they came."""
    settled: list[Event] = []
    name = lot_id(command.source, command.order_id)
    waiting = (*account.waiting.get(name, ()), *command.waiting)
    for event in events if waiting else ():
        account = evolve(account, event)
    order = (command.customer_id, command.source, command.order_id)
    for refund in waiting:
        lot = account.lots[name]
        if refund.amount > lot.net:
            settled.append(RefundRefused(*order, refund.refund_id, refund.amount, lot.net))
        else:
            late = ReverseEarning(*order, refund.refund_id, refund.amount, command.now)
            back = structs.replace(take_back(late, account, lot), refunded_at=refund.refunded_at)
            settled.append(back)
            account = evolve(account, back)
    return settled
