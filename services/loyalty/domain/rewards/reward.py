"""A reward as decisions need it. Always: added = on the shelf + reserved + taken, each >= 0."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.rewards.events import (
    CodesAdded,
    Event,
    ReservationConfirmed,
    ReservationLapsed,
    ReservationReleased,
    RewardChanged,
    RewardPublished,
    RewardReturned,
    RewardTaken,
    RewardWithdrawn,
    StockAdded,
    StockCorrected,
    StockReserved,
)
from services.loyalty.domain.rewards.offer import Offer, Supply


class Reserved(Struct, frozen=True):
    """One that is kept for a redemption until before `expires_at`."""

    expires_at: datetime
    number: int | None = None


class Reward(Struct, frozen=True):
    """A reward's offer and its stock.

    It remembers what is reserved, and of what was taken only how much, so that it
    stays small however many have been redeemed. Codes are dealt by number: the
    numbers below `dealt` were dealt once, of which those `returned` were seen by nobody.
    """

    reward_id: str = ""
    offer: Offer | None = None
    withdrawn: bool = False
    added: int = 0
    taken: int = 0
    reserved: dict[UUID, Reserved] = {}
    first_lapses_at: datetime | None = None
    additions: dict[str, int] = {}
    firsts: tuple[int, ...] = ()
    dealt: int = 0
    returned: tuple[int, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether there is an end to it."""
        return self.offer is not None and self.offer.supply is not Supply.UNLIMITED

    @property
    def shelf(self) -> int:
        """What nobody has taken or reserved; a reservation counts until its end is booked."""
        return self.added - self.taken - len(self.reserved)

    def left(self, now: datetime) -> int | None:
        """Return how many can be redeemed at `now`, whether lapsed reservations are booked or not; None: no end."""
        if not self.counted:
            return None
        if self.first_lapses_at is None or now < self.first_lapses_at:
            return self.shelf
        return self.shelf + sum(item.expires_at <= now for item in self.reserved.values())


def evolve(reward: Reward, event: Event) -> Reward:
    """Return the reward as it is after `event`; total over any selection of events."""
    match event:
        case RewardTaken():
            return _dealt(structs.replace(reward, taken=reward.taken + 1), event.number)
        case StockReserved():
            return _dealt(_reserved(reward, event), event.number)
        case ReservationConfirmed():
            return structs.replace(_without(reward, event.redemption_id), taken=reward.taken + 1)
        case ReservationReleased() | ReservationLapsed():
            return _back(reward, event.redemption_id)
        case RewardReturned(number=number):
            return reward if number is not None else structs.replace(reward, taken=reward.taken - 1)
        case StockAdded(addition_id=name, quantity=quantity) | StockCorrected(correction_id=name, quantity=quantity):
            return _added(reward, name, quantity)
        case CodesAdded():
            reward = structs.replace(reward, firsts=(*reward.firsts, event.first))
            return _added(reward, event.addition_id, event.count)
        case RewardPublished() | RewardChanged():
            return structs.replace(reward, reward_id=event.reward_id, offer=event.offer, withdrawn=False)
        case RewardWithdrawn():
            return structs.replace(reward, withdrawn=True)
        case _:
            assert_never(event)


def _added(reward: Reward, name: str, quantity: int) -> Reward:
    return structs.replace(reward, added=reward.added + quantity, additions={**reward.additions, name: quantity})


def _dealt(reward: Reward, number: int | None) -> Reward:
    if number is None:
        return reward
    if number >= reward.dealt:
        return structs.replace(reward, dealt=number + 1)
    return structs.replace(reward, returned=tuple(item for item in reward.returned if item != number))


def _reserved(reward: Reward, event: StockReserved) -> Reward:
    first = min(event.expires_at, reward.first_lapses_at or event.expires_at)
    kept = {**reward.reserved, event.redemption_id: Reserved(event.expires_at, event.number)}
    return structs.replace(reward, reserved=kept, first_lapses_at=first)


def _without(reward: Reward, redemption_id: UUID) -> Reward:
    """Return the reward without a reservation; looks through the others only where it was the first to lapse."""
    kept = dict(reward.reserved)
    gone = kept.pop(redemption_id, None)
    first = reward.first_lapses_at
    if gone is not None and gone.expires_at == first:
        first = min((item.expires_at for item in kept.values()), default=None)
    return structs.replace(reward, reserved=kept, first_lapses_at=first)


def _back(reward: Reward, redemption_id: UUID) -> Reward:
    gone = reward.reserved.get(redemption_id)
    reward = _without(reward, redemption_id)
    if gone is None or gone.number is None:
        return reward
    return structs.replace(reward, returned=(*reward.returned, gone.number))
