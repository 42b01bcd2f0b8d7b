"""Stocking: more on the shelf, a count that found another number, codes for the pool; each once, by its id."""

from collections.abc import Sequence

from services.loyalty.domain.ledger.account import LARGEST
from services.loyalty.domain.rewards.commands import AddCodes, AddStock, CorrectStock
from services.loyalty.domain.rewards.events import CodesAdded, Event, StockAdded, StockCorrected
from services.loyalty.domain.rewards.offer import Supply
from services.loyalty.domain.rewards.offering import existing
from services.loyalty.domain.rewards.reward import Reward, evolve
from services.loyalty.domain.rewards.shelving import book_lapsed
from shared.errors import Rejected


def add_stock(command: AddStock, reward: Reward) -> Sequence[Event]:
    """Put more on the shelf; a repeat adds nothing."""
    _must_supply(reward, Supply.COUNTED)
    if _is_known(reward, command.addition_id, command.quantity):
        return ()
    _must_be_positive(command.quantity)
    _must_fit(reward, command.quantity)
    return (StockAdded(command.reward_id, command.addition_id, command.quantity),)


def correct_stock(command: CorrectStock, reward: Reward) -> Sequence[Event]:
    """Correct the stock; what is reserved or taken can't be corrected away, what lapsed before is booked first."""
    _must_supply(reward, Supply.COUNTED)
    if _is_known(reward, command.correction_id, command.quantity):
        return ()
    if command.quantity == 0:
        raise Rejected("stock-not-corrected", "A correction by nothing corrects nothing.")
    lapsed = book_lapsed(reward, command.now)
    for event in lapsed:
        reward = evolve(reward, event)
    if reward.shelf + command.quantity < 0:
        raise Rejected(
            "stock-too-low",
            f"On the shelf are {reward.shelf}, and {-command.quantity} were to be taken off. Take off at most those.",
        )
    _must_fit(reward, command.quantity)
    return (*lapsed, StockCorrected(command.reward_id, command.correction_id, command.quantity, command.reason))


def add_codes(command: AddCodes, reward: Reward) -> Sequence[Event]:
    """Put codes into the pool: they get the next numbers."""
    _must_supply(reward, Supply.CODES)
    if _is_known(reward, command.addition_id, command.count):
        return ()
    _must_be_positive(command.count)
    return (CodesAdded(command.reward_id, command.addition_id, reward.added, command.count),)


def _must_supply(reward: Reward, supply: Supply) -> None:
    offer = existing(reward)
    if offer.supply is not supply:
        raise Rejected("reward-supply-differs", f"The reward's supply is {offer.supply}, and not {supply}.")


def _is_known(reward: Reward, name: str, quantity: int) -> bool:
    known = reward.additions.get(name)
    if known is not None and known != quantity:
        raise Rejected("stock-differs", f"{name} is known with {known}. Use another id.")
    return known is not None


def _must_be_positive(quantity: int) -> None:
    if quantity < 1:
        raise Rejected("stock-not-positive", "Add at least one.")


def _must_fit(reward: Reward, quantity: int) -> None:
    if reward.added + quantity > LARGEST:
        raise Rejected("stock-overflow", f"{reward.added} were added before; {quantity} more don't fit.")
