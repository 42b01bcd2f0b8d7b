"""A redemption: what a member asked for, and where it stands. Its stream `redemption-<id>` makes every step count once.

It is made and fulfilled at once, or waits for someone outside until its time is over.
What is given back then is given back by time alone, everywhere at the same moment:
the hold of the points, the reservation and the use of the limit end with it.
"""

from datetime import datetime
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs

from shared.privacy.personal import Personal


class Status(StrEnum):
    """Where a redemption stands."""

    FULFILLING = "fulfilling"
    FULFILLED = "fulfilled"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed-out"


class RedemptionMade(Struct, frozen=True, omit_defaults=True):
    """A member redeems a reward for `points`; `owners` are those of whom the points are: merged members', or a pool's.

    Waiting for fulfilment it has until before `expires_at`. `number` is the code's,
    where it gives one; `limited`, that it counts against the reward's limit; `pool_id` the pool that pays.
    """

    redemption_id: UUID
    customer_id: UUID
    reward_id: str
    points: int
    points_currency: str
    list_price: int
    owners: tuple[UUID, ...]
    tier: str | None = None
    partner: str | None = None
    expires_at: datetime | None = None
    number: int | None = None
    limited: bool = False
    pool_id: str | None = None


class RedemptionFulfilled(Struct, frozen=True, omit_defaults=True):
    """The member has it: the points are spent."""

    redemption_id: UUID
    customer_id: UUID
    reward_id: str
    points: int
    points_currency: str
    partner: str | None = None
    reference: str | None = None


class RedemptionFailed(Struct, frozen=True):
    """It couldn't be delivered: points and stock are back."""

    redemption_id: UUID
    customer_id: UUID
    reward_id: str
    reason: Personal


class RedemptionCancelled(Struct, frozen=True):
    """It was called off: points and stock are back; `fulfilled`, that the member had it before."""

    redemption_id: UUID
    customer_id: UUID
    reward_id: str
    reason: Personal
    fulfilled: bool


class RedemptionTimedOut(Struct, frozen=True):
    """Nobody delivered in time: points and stock are back since `expires_at`; this books it."""

    redemption_id: UUID
    customer_id: UUID
    reward_id: str
    expires_at: datetime


Event = RedemptionMade | RedemptionFulfilled | RedemptionFailed | RedemptionCancelled | RedemptionTimedOut


class Redemption(Struct, frozen=True):
    """A redemption and what became of it."""

    made: RedemptionMade
    booked: Status = Status.FULFILLING
    reference: str | None = None

    def status(self, now: datetime) -> Status:
        """Return where it stands at `now`, whether the end of its time is booked or not."""
        if self.booked is Status.FULFILLING and self.made.expires_at is not None and self.made.expires_at <= now:
            return Status.TIMED_OUT
        return self.booked


def evolve(redemption: Redemption | None, event: Event) -> Redemption | None:
    """Return the redemption as it is after `event`; None until it is made."""
    if isinstance(event, RedemptionMade):
        return Redemption(event)
    return redemption and _ended(redemption, event)


def _ended(
    redemption: Redemption, event: RedemptionFulfilled | RedemptionFailed | RedemptionCancelled | RedemptionTimedOut
) -> Redemption:
    match event:
        case RedemptionFulfilled(reference=reference):
            return structs.replace(redemption, booked=Status.FULFILLED, reference=reference)
        case RedemptionFailed():
            return structs.replace(redemption, booked=Status.FAILED)
        case RedemptionCancelled():
            return structs.replace(redemption, booked=Status.CANCELLED)
        case RedemptionTimedOut():
            return structs.replace(redemption, booked=Status.TIMED_OUT)
        case _:
            assert_never(event)
