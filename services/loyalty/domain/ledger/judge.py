"""The command by which a fact earns by a programme's rules."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.earning.judging import MemberAt, by_orders
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.account import Waiting
from services.loyalty.domain.ledger.policies import DebtPolicy
from services.loyalty.domain.rules.fact import Fact


class Judge(Struct, frozen=True):
    """Give the points that a fact earns by a programme's rules, once for each (source, event).

    `member_at` tells what was known of the member just before a fact, as `earning.known.Known`
    does; `budgets` what all members had used of the limits that they share; `waiting` as in `Earn`.
    """

    customer_id: UUID
    fact: Fact
    rulebook: Rulebook
    now: datetime
    member_at: MemberAt = by_orders
    budgets: dict[str, int] = {}
    waiting: tuple[Waiting, ...] = ()
    debt: DebtPolicy = "owe"

    def with_budgets(self, used: Mapping[str, int]) -> "Judge":
        """Return the command with what all members had used."""
        return structs.replace(self, budgets=dict(used))
