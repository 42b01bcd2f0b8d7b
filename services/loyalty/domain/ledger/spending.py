"""Spending: points that are active now, those first that expire first; and taking a spend back."""

from collections.abc import Sequence
from datetime import timedelta

from services.loyalty.domain.ledger.account import Account, SpendMade
from services.loyalty.domain.ledger.allocation import allocate
from services.loyalty.domain.ledger.commands import ReverseSpend, Spend
from services.loyalty.domain.ledger.events import Event, PassedOn, PointsSpent, SpendReversed
from services.loyalty.domain.ledger.lot import part_of
from services.loyalty.domain.ledger.returning import returned
from services.loyalty.domain.ledger.standing import must_be_open
from services.loyalty.domain.ledger.stating import stated
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Missing, Rejected
from shared.privacy.personal import same


def spend(command: Spend, account: Account) -> Sequence[Event]:
    """Spend from the lots, in spending order; never more than the balance, and nothing while in debt.

    A part of a spend that members share was measured against what they have together.
    """
    known = account.spends.get(command.spend_id)
    if known is not None:
        must_agree(command, known)
        return ()
    if command.spend_id in account.holds:
        raise Rejected("spend-differs", f"{command.spend_id} is known as a hold. Use another id.")
    must_be_open(account)
    currency = command.points_currency
    command.declared.must_be_spendable(currency)
    if command.whole is None:
        must_suffice(command.points, account.net(command.now, currency))
    allocations = allocate(account.of(currency), command.points, lambda lot: lot.active(command.now))
    spent = (command.customer_id, command.spend_id, command.points, command.reason, allocations)
    event = PointsSpent(*spent, 0, command.whole, currency)
    return (stated(event, account, command.now),)


def must_agree(command: Spend, known: SpendMade) -> None:
    """Refuse a spend that is known with another number, currency or reason."""
    asked = command.points if command.whole is None else command.whole
    before = (known.whole, known.points_currency, known.reason)
    if not same(before, (asked, command.points_currency, command.reason)):
        raise Rejected("spend-differs", f"Spend {command.spend_id} is known with {known.whole} points.")


def must_suffice(points: int, net: int) -> None:
    """Refuse to take nothing, more than there is, and anything while more is owed than there is."""
    if points <= 0:
        raise Rejected("points-not-positive", "Ask for at least one point.")
    if net < 0:
        raise Rejected("in-debt", f"The account owes {-net} points. They are repaid by the next earnings.")
    if points > net:
        raise Rejected(
            "balance-too-low",
            f"The balance is {net} points, and {points} were asked for. Ask for at most the balance.",
        )


def reverse_spend(command: ReverseSpend, account: Account) -> Sequence[Event]:
    """Return the spend's points to their lots: what lapsed meanwhile is forfeited, the rest repays a debt first."""
    known = account.spends.get(command.spend_id)
    if known is None:
        raise Missing("spend-unknown", f"The account has no spend {command.spend_id}.")
    if known.reversed:
        return ()
    now, currency = command.now, known.points_currency
    revived = _revived(command, account, known)
    origins = {part.origin for part in revived}
    back = {name: points for name, points in known.allocations.items() if name not in origins}
    repaid, forfeited = returned(account, back, currency, now)
    owed = account.owed(currency) - sum(repaid.values())
    for part in revived:
        if owed:
            repaid[part.lot_id] = min(owed, part.points)
            owed -= repaid[part.lot_id]
    event = SpendReversed(
        command.customer_id, command.spend_id, known.points, known.allocations, repaid, 0, forfeited, currency, revived
    )
    return (stated(event, account, now),)


def _revived(command: ReverseSpend, account: Account, known: SpendMade) -> tuple[PassedOn, ...]:
    """Return the lots of their own in which points live on whose lots have lapsed, where the policy lets them."""
    now, policy = command.now, command.lapse
    if policy.kind == "forfeit" or account.closed:
        return ()
    found = []
    for name, points in known.allocations.items():
        lot = account.lots[name]
        if lot.has_expired(now):
            terms = lot.terms or Terms()
            ends = now + timedelta(days=policy.grace_days) if policy.kind == "grace" else terms.expires_at(now)
            own = (part_of(name, command.spend_id), name, points, lot.earned_at, now, ends)
            terms_kept = lot.terms if policy.kind == "renew" else None
            found.append(PassedOn(*own, lot.rule, lot.rule_version, lot.line, lot.partner, lot.unit_cost, terms_kept))
    return tuple(found)
