"""Which tier a member has when they ask for a reward, and what that makes of prices."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from services.loyalty.domain.tiers.commands import Basis
from services.loyalty.domain.tiers.enrolment import Enrolment
from services.loyalty.domain.tiers.history import tier_at
from services.loyalty.domain.tiers.table import ONE
from services.loyalty.domain.tiers.together import record_of_all
from services.loyalty.domain.tiers.versions import index_at


class TierPrice(Struct, frozen=True):
    """The tier that a member has (None: the programme has none), and what it multiplies prices by."""

    tier: str | None = None
    factor: Decimal = ONE


LIST_PRICE = TierPrice()
"""Everybody pays what the list says."""


def price_by_tier(bases: Sequence[Basis], enrolments: Iterable[Enrolment], now: datetime) -> TierPrice:
    """Return the tier of members who are one, and its factor by the table in force."""
    tables = bases[0].tables if bases else ()
    if not tables:
        return LIST_PRICE
    name = tier_at(record_of_all(bases, enrolments), tables, now)
    table = tables[index_at(tables, now)].table
    return TierPrice(name, table.tiers[table.rank(name) or 0].benefits.reward_price)
