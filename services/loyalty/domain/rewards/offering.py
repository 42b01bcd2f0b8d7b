"""Offering: publish, change, withdraw; and whether a member may redeem the reward at a moment."""

from collections.abc import Sequence
from datetime import datetime

from services.loyalty.domain.rewards.commands import Publish, Withdraw
from services.loyalty.domain.rewards.events import Event, RewardChanged, RewardPublished, RewardWithdrawn
from services.loyalty.domain.rewards.offer import Offer
from services.loyalty.domain.rewards.reward import Reward
from services.loyalty.domain.rewards.soundness import must_be_sound
from shared.errors import Missing, Rejected


def publish(command: Publish, reward: Reward) -> Sequence[Event]:
    """Publish the offer or change it; the same again changes nothing. Raises Invalid where it makes no sense."""
    must_be_sound(command.offer)
    if reward.offer is None:
        return (RewardPublished(command.reward_id, command.offer),)
    if command.offer.supply is not reward.offer.supply:
        raise Rejected(
            "reward-supply-differs",
            f"The reward's supply is {reward.offer.supply}, and stays so. Publish another reward.",
        )
    if reward.withdrawn:
        return (RewardPublished(command.reward_id, command.offer),)
    return () if command.offer == reward.offer else (RewardChanged(command.reward_id, command.offer),)


def withdraw(command: Withdraw, reward: Reward) -> Sequence[Event]:
    """Let nobody redeem it any more."""
    existing(reward)
    return () if reward.withdrawn else (RewardWithdrawn(command.reward_id),)


def existing(reward: Reward) -> Offer:
    """Return the offer. Raises Missing where nothing was ever published."""
    if reward.offer is None:
        raise Missing("reward-unknown", "There is no such reward.")
    return reward.offer


def must_be_open(reward: Reward, now: datetime) -> Offer:
    """Return the offer. Raises Missing, or Rejected where it can't be redeemed at `now`."""
    offer = existing(reward)
    if reward.withdrawn:
        raise Rejected("reward-withdrawn", "The reward was withdrawn. Choose another one.")
    if not offer.has_opened(now):
        raise Rejected("reward-not-open", f"The reward can be redeemed from {offer.opens_at:%Y-%m-%dT%H:%M:%SZ} on.")
    if offer.has_closed(now):
        raise Rejected("reward-closed", f"The reward could be redeemed until {offer.closes_at:%Y-%m-%dT%H:%M:%SZ}.")
    return offer
