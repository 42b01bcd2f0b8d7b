"""A member's tier, in the same transaction: what points made of it is booked, and what it makes of prices counts."""

from collections.abc import Sequence
from datetime import datetime

from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event, PointsEarned, PointsReversed
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.domain.tiers.commands import BookTier
from services.loyalty.domain.tiers.decider import ENROLMENT, NOBODY, basis_of, basis_of_tables
from services.loyalty.domain.tiers.of_programme import tables_of
from services.loyalty.domain.tiers.pricing import LIST_PRICE, TierPrice, price_by_tier
from shared.policies.policy import Work
from shared.store.contract import Context

_MOVING = PointsEarned | PointsReversed


def tier_streams(programme: str, customer_id: str) -> tuple[str, ...]:
    """Return the streams beside the account that a tier takes; none where members have no programme."""
    return (ENROLMENT.stream(customer_id), PROGRAMME.stream(programme)) if programme else ()


def book_tier(
    work: Work, book: Rulebook, who: str, account: Account, events: Sequence[Event], context: Context
) -> None:
    """Book the tier of the customer whose account these events have just happened to, where they qualify."""
    if not book.tables:
        return
    basis = basis_of_tables(book.programme_id, book.tables, account)
    moving = [event for event in events if isinstance(event, _MOVING)]
    if not any(event.points_currency == basis.currency for event in moving):
        return
    only_more = not any(isinstance(event, PointsReversed) for event in moving)
    command = BookTier(account.customer_id or NOBODY, basis, work.now, only_more)
    work.handle(ENROLMENT, ENROLMENT.stream(who), command, subject=who, context=context)


def price_of(work: Work, promises: Promises, members: Sequence[str], now: datetime) -> TierPrice:
    """Return the tier of members who are one, and what it makes of prices."""
    if not tables_of(promises.programme):
        return LIST_PRICE
    accounts = [work.state(ACCOUNT, ACCOUNT.stream(member)) for member in members]
    bases = [basis_of(promises.programme_id, promises.programme, account) for account in accounts]
    return price_by_tier(bases, [work.state(ENROLMENT, ENROLMENT.stream(member)) for member in members], now)
