"""The shelf: take one, keep one for a while, put one back. The last one goes to whoever comes first."""

from collections.abc import Sequence
from datetime import datetime

from services.loyalty.domain.rewards.commands import Confirm, Release, Return, Take
from services.loyalty.domain.rewards.events import (
    Event,
    ReservationConfirmed,
    ReservationLapsed,
    ReservationReleased,
    RewardReturned,
    RewardTaken,
    StockReserved,
)
from services.loyalty.domain.rewards.offer import Supply
from services.loyalty.domain.rewards.offering import must_be_open
from services.loyalty.domain.rewards.reward import Reward, evolve
from shared.errors import Rejected


def take(command: Take, reward: Reward) -> Sequence[Event]:
    """Take one, or keep one until `expires_at`; what lapsed before is booked first, so that it can be taken."""
    offer = must_be_open(reward, command.now)
    lapsed = book_lapsed(reward, command.now)
    for event in lapsed:
        reward = evolve(reward, event)
    if command.redemption_id in reward.reserved:
        raise Rejected("reserved-already", "The redemption has a reservation already.")
    if reward.counted and reward.shelf < 1:
        raise Rejected("reward-out-of-stock", "None is left. Choose another reward, or ask again later.")
    number = next_number(reward) if offer.supply is Supply.CODES else None
    if command.expires_at is None:
        return (*lapsed, RewardTaken(command.reward_id, command.redemption_id, number))
    return (*lapsed, StockReserved(command.reward_id, command.redemption_id, command.expires_at, number))


def next_number(reward: Reward) -> int:
    """Return the number of the code that is given next: one that came back unseen, else the first that never was."""
    return reward.returned[0] if reward.returned else reward.dealt


def confirm(command: Confirm, reward: Reward) -> Sequence[Event]:
    """Take for good what was reserved, in time."""
    known = reward.reserved.get(command.redemption_id)
    if known is None or known.expires_at <= command.now:
        raise Rejected("reservation-over", "What was reserved is back on the shelf: its time was over.")
    return (ReservationConfirmed(command.reward_id, command.redemption_id),)


def release(command: Release, reward: Reward) -> Sequence[Event]:
    """Put back what was reserved; where it is back already, nothing is to be done."""
    if command.redemption_id not in reward.reserved:
        return ()
    return (ReservationReleased(command.reward_id, command.redemption_id),)


def give_back(command: Return, reward: Reward) -> Sequence[Event]:
    """Put back what was taken."""
    if reward.taken < 1:
        raise Rejected("nothing-taken", "Nobody has taken any of the reward.")
    return (RewardReturned(command.reward_id, command.redemption_id, command.number),)


def book_lapsed(reward: Reward, now: datetime) -> Sequence[ReservationLapsed]:
    """Return what is to be booked of the reservations that are over at `now`, in the order of their ends."""
    if reward.first_lapses_at is None or now < reward.first_lapses_at:
        return ()
    over = [(item.expires_at, name) for name, item in reward.reserved.items() if item.expires_at <= now]
    return [ReservationLapsed(reward.reward_id, name, expires_at) for expires_at, name in sorted(over)]


def wakes(reward: Reward) -> datetime | None:
    """Return when the first reservation lapses, or lapsed without being booked."""
    return reward.first_lapses_at
