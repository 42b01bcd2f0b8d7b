"""A fact judged by a programme's rules: what it earned, why, and in which lots its points are."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.earning.judged import Judged


class FactJudged(Struct, frozen=True, omit_defaults=True):
    """A fact was judged: for the first time, after a return (`refund_id`, of `amount`), or as one before it came late.

    `stands` are the points that each of its lots stands for after that; the events
    that follow in the same decision move the difference. `refunded_at` is when a return
    was made that had to wait for its fact.
    """

    customer_id: UUID
    programme_id: str
    judged: Judged
    stands: dict[str, int]
    refund_id: str = ""
    amount: Decimal = Decimal(0)
    refunded_at: datetime | None = None
