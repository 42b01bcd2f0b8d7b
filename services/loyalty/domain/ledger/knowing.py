"""What is known of a member by their account, beside the facts that rules judge: for the tier before a fact."""

from collections.abc import Sequence

from services.loyalty.domain.earning.known import Known, plain_earnings
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.tiers.earnings import Earnings
from services.loyalty.domain.tiers.record import Grant


def known_of(book: Rulebook, account: Account, grants: Sequence[Grant]) -> Known:
    """Return what is known of the member, by the tiers of this programme and those that were granted by hand."""
    if not book.tables:
        return Known(book)
    earned = account.qualified.get(book.tables[-1].table.currency, Earnings())
    return Known(book, plain_earnings(earned, account.earnings.judged), tuple(grants), account.enrolled_at)
