"""What happens to a reward: to its offer, to its stock, and to what members reserve and take of it.

A `number` says which code of the pool; None where the reward has no codes.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.rewards.offer import Offer
from shared.privacy.personal import Personal


class RewardPublished(Struct, frozen=True):
    """Members can redeem the reward from now on, within its window."""

    reward_id: str
    offer: Offer


class RewardChanged(Struct, frozen=True):
    """The offer is another from now on; who has redeemed before keeps what they were offered."""

    reward_id: str
    offer: Offer


class RewardWithdrawn(Struct, frozen=True):
    """Nobody can redeem the reward any more; what is reserved can still be fulfilled."""

    reward_id: str


class StockAdded(Struct, frozen=True):
    """So many more came onto the shelf."""

    reward_id: str
    addition_id: str
    quantity: int


class StockCorrected(Struct, frozen=True):
    """A count found more on the shelf than was known (`quantity` > 0), or less."""

    reward_id: str
    correction_id: str
    quantity: int
    reason: Personal


class CodesAdded(Struct, frozen=True):
    """A batch of `count` codes came into the pool, with the numbers from `first` on."""

    reward_id: str
    addition_id: str
    first: int
    count: int


class RewardTaken(Struct, frozen=True, omit_defaults=True):
    """A member redeemed one and got it at once."""

    reward_id: str
    redemption_id: UUID
    number: int | None = None


class StockReserved(Struct, frozen=True, omit_defaults=True):
    """One is kept for a redemption until before `expires_at`."""

    reward_id: str
    redemption_id: UUID
    expires_at: datetime
    number: int | None = None


class ReservationConfirmed(Struct, frozen=True):
    """What was reserved was delivered."""

    reward_id: str
    redemption_id: UUID


class ReservationReleased(Struct, frozen=True):
    """What was reserved is back on the shelf, because the redemption failed or was cancelled."""

    reward_id: str
    redemption_id: UUID


class ReservationLapsed(Struct, frozen=True):
    """What was reserved is back on the shelf, because its time was over: this books it."""

    reward_id: str
    redemption_id: UUID
    expires_at: datetime


class RewardReturned(Struct, frozen=True, omit_defaults=True):
    """What a member had got came back; one with a code doesn't go back on the shelf, for the code was seen."""

    reward_id: str
    redemption_id: UUID
    number: int | None = None


Event = (
    RewardPublished
    | RewardChanged
    | RewardWithdrawn
    | StockAdded
    | StockCorrected
    | CodesAdded
    | RewardTaken
    | StockReserved
    | ReservationConfirmed
    | ReservationReleased
    | ReservationLapsed
    | RewardReturned
)
