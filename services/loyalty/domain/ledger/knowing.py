"""What is known of a member by their account, beside the facts that rules judge: for the tier before a fact."""

from collections.abc import Sequence

from msgspec import Struct

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.earning.judging import MemberAt
from services.loyalty.domain.earning.known import Known, by_tier, plain_earnings
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.rules.fact import Fact, Member
from services.loyalty.domain.tiers.earnings import Earnings
from services.loyalty.domain.tiers.history import tier_at
from services.loyalty.domain.tiers.record import Grant, Record


def known_of(book: Rulebook, account: Account, grants: Sequence[Grant]) -> MemberAt:
    """Return what is known of the member, by the tiers of this programme and those that were granted by hand."""
    if not book.tables:
        return Known(book)
    return _ByAccount(book, account, tuple(grants))


class _ByAccount(Struct, frozen=True):
    """Before a fact that comes last, what was known is what the account holds; before any other it is reckoned."""

    rulebook: Rulebook
    account: Account
    grants: tuple[Grant, ...]

    def __call__(self, fact: Fact, before: Sequence[Judged]) -> Member:
        """See `Known`."""
        account, tables = self.account, self.rulebook.tables
        earned = account.qualified.get(tables[-1].table.currency, Earnings())
        if not self._is_all(fact, before, earned):
            plain = plain_earnings(earned, account.earnings.judged)
            return Known(self.rulebook, plain, self.grants, account.enrolled_at)(fact, before)
        tier = tier_at(Record(earned, self.grants, account.enrolled_at), tables, fact.occurred_at)
        return by_tier(tier, before)

    def _is_all(self, fact: Fact, before: Sequence[Judged], earned: Earnings) -> bool:
        """Tell whether all that was earned came before the fact, and nothing of it was ever taken back.

        Of a closed account facts are judged, and earn nothing.
        """
        account = self.account
        if account.closed or account.refunds or earned.taken_back_at:
            return False
        if earned.entries and earned.entries[-1].at >= fact.occurred_at:
            return False
        return not account.earnings.judged if not before else before[-1] is account.earnings.last
