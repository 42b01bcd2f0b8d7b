"""The command by which known facts earn by what is known now: by a back-dated version, or more of a member."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.earning.judging import MemberAt, by_orders
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.policies import DebtPolicy


class JudgeAgain(Struct, frozen=True):
    """Judge the facts from `since` on again, and book what differs; where nothing does, nothing is.

    `member_at` and `budgets` as in `Judge`.
    """

    customer_id: UUID
    rulebook: Rulebook
    now: datetime
    since: datetime
    member_at: MemberAt = by_orders
    budgets: dict[str, int] = {}
    debt: DebtPolicy = "owe"

    def with_budgets(self, used: Mapping[str, int]) -> "JudgeAgain":
        """Return the command with what all members had used."""
        return structs.replace(self, budgets=dict(used))
