"""Gifts: a member gives points to another, at once and for good; cost and expiry travel with the lots.

The two accounts are written together or not at all. A lot that lives by activity
keeps, in the other's account, the end that it had when it was given.
"""

from collections.abc import Mapping, Sequence

from services.loyalty.domain.ledger.account import Account, GiftMade
from services.loyalty.domain.ledger.allocation import allocate
from services.loyalty.domain.ledger.commands import Give, Receive
from services.loyalty.domain.ledger.events import Event, PassedOn, PointsGiven, PointsReceived
from services.loyalty.domain.ledger.filling import must_fit
from services.loyalty.domain.ledger.lot import Lot, part_of
from services.loyalty.domain.ledger.spending import must_suffice
from services.loyalty.domain.ledger.standing import must_be_open
from services.loyalty.domain.ledger.stating import stated
from shared.errors import Missing, Rejected
from shared.privacy.personal import same


def give(command: Give, account: Account) -> Sequence[Event]:
    """Take the points out of the lots, in spending order; never more than the balance, and nothing while in debt."""
    known = account.gifts.get(command.transfer_id)
    if known is not None:
        must_agree(command, known)
        return ()
    must_be_open(account)
    must_be_allowed(command)
    currency = command.points_currency
    if command.whole is None:
        must_suffice(command.points, account.net(command.now, currency))
    allocations = allocate(account.of(currency), command.points, lambda lot: lot.active(command.now))
    lots = _passed_on(command, account.lots, allocations)
    gift = (command.customer_id, command.transfer_id, command.to, command.points, command.reason, allocations, lots)
    return (stated(PointsGiven(*gift, 0, command.whole, currency), account, command.now),)


def must_be_allowed(command: Give) -> None:
    """Refuse a gift to oneself, of points that can't be given, and of more or fewer than the programme lets."""
    if command.to == command.customer_id:
        raise Rejected("transfer-to-oneself", "Points can't be given to oneself.")
    command.declared.must_be_spendable(command.points_currency)
    policy = command.policy
    points = command.points if command.whole is None else command.whole
    if not policy.allowed:
        raise Rejected("transfers-not-allowed", "The programme doesn't let members give points to each other.")
    if points < policy.at_least or (policy.at_most is not None and points > policy.at_most):
        most = "" if policy.at_most is None else f", at most {policy.at_most}"
        raise Rejected("transfer-out-of-bounds", f"Give at least {policy.at_least} points{most}.")


def must_agree(command: Give, known: GiftMade) -> None:
    """Refuse a gift that is known with another number, currency, reason or member."""
    asked = command.points if command.whole is None else command.whole
    before = (known.whole, known.points_currency, known.reason, known.to)
    if not same(before, (asked, command.points_currency, command.reason, command.to)):
        raise Rejected("transfer-differs", f"Transfer {command.transfer_id} is known with {known.whole} points.")


def _passed_on(command: Give, lots: Mapping[str, Lot], allocations: Mapping[str, int]) -> tuple[PassedOn, ...]:
    name = f"{command.customer_id}:{command.transfer_id}"
    return tuple(
        PassedOn(
            part_of(lot_id, name),
            lot_id,
            points,
            (lot := lots[lot_id]).earned_at,
            lot.activates_at,
            lot.expires_at,
            lot.rule,
            lot.rule_version,
            lot.line,
            lot.partner,
            lot.unit_cost,
        )
        for lot_id, points in allocations.items()
    )


def receive(command: Receive, account: Account) -> Sequence[Event]:
    """Put the lots that another gave into the account; what is owed is repaid first."""
    if f"{command.giver}:{command.transfer_id}" in account.received:
        return ()
    must_take(account)
    currency = command.points_currency
    points = sum(part.points for part in command.lots)
    must_fit(account, points, currency)
    owed, repaid = account.owed(currency), {}
    for part in command.lots:
        if owed:
            repaid[part.lot_id] = min(owed, part.points)
            owed -= repaid[part.lot_id]
    got = (command.customer_id, command.transfer_id, command.giver, points, command.lots)
    return (stated(PointsReceived(*got, 0, repaid, currency), account, command.now),)


def must_take(account: Account) -> None:
    """Refuse a gift to who is no member, or whose account is closed or frozen."""
    if not account.enrolled:
        raise Missing("recipient-unknown", "Whoever is to get the points is no member.")
    if account.closed or account.frozen:
        how = "closed" if account.closed else "frozen"
        raise Rejected(f"recipient-{how}", f"The account that is to get the points is {how}.")
