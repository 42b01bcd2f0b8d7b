"""What can be asked of a reward. That a redemption asks once for each step is for the redemption's stream to see."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.rewards.offer import Offer
from shared.privacy.personal import Personal


class Publish(Struct, frozen=True):
    """Offer the reward, or offer it otherwise."""

    reward_id: str
    offer: Offer


class Withdraw(Struct, frozen=True):
    """Let nobody redeem it any more."""

    reward_id: str


class AddStock(Struct, frozen=True):
    """Put more on the shelf, once for each addition id."""

    reward_id: str
    addition_id: str
    quantity: int


class CorrectStock(Struct, frozen=True):
    """Say that there is more or less than was known, once for each correction id."""

    reward_id: str
    correction_id: str
    quantity: int
    reason: Personal
    now: datetime


class AddCodes(Struct, frozen=True):
    """Put a batch of codes into the pool, once for each addition id."""

    reward_id: str
    addition_id: str
    count: int


class Take(Struct, frozen=True):
    """Take one for good; with `expires_at`, keep one until then."""

    reward_id: str
    redemption_id: UUID
    now: datetime
    expires_at: datetime | None = None


class Confirm(Struct, frozen=True):
    """Take for good what was reserved."""

    reward_id: str
    redemption_id: UUID
    now: datetime


class Release(Struct, frozen=True):
    """Put back on the shelf what was reserved."""

    reward_id: str
    redemption_id: UUID


class Return(Struct, frozen=True):
    """Put back what was taken; of a code (`number`), only say so."""

    reward_id: str
    redemption_id: UUID
    number: int | None = None


class BookLapsed(Struct, frozen=True):
    """Book the reservations whose time is over."""

    now: datetime


Command = Publish | Withdraw | AddStock | CorrectStock | AddCodes | Take | Confirm | Release | Return | BookLapsed
