"""Offers and ids that the tests of rewards speak of."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.loyalty.domain.rewards.commands import AddStock, Publish
from services.loyalty.domain.rewards.events import RewardPublished, StockAdded
from services.loyalty.domain.rewards.offer import Fulfilment, Kind, Offer, Supply
from tests.loyalty.loyalty_facts import NOW

MUG = "mug"
SOON = NOW + timedelta(hours=1)
LATER = NOW + timedelta(hours=2)


def offer(**other: Any) -> Offer:
    """Return a mug for 100 points, of which there is a counted stock."""
    return Offer(
        **{"kind": Kind.GOODS, "titles": {"en": "A mug"}, "price": 100, "supply": Supply.COUNTED, **other},
    )


VOUCHER = offer(kind=Kind.VOUCHER, supply=Supply.CODES)
SENT = offer(fulfilment=Fulfilment.EXTERNAL, fulfil_within_hours=1)


def name(number: int) -> UUID:
    """Return the id of a redemption."""
    return UUID(int=1000 + number)


def published(**other: Any) -> RewardPublished:
    return RewardPublished(MUG, offer(**other))


def stocked(quantity: int, addition: str = "a1") -> StockAdded:
    return StockAdded(MUG, addition, quantity)


def publish(**other: Any) -> Publish:
    return Publish(MUG, offer(**other))


def add(quantity: int, addition: str = "a1") -> AddStock:
    return AddStock(MUG, addition, quantity)
