"""What a member has used of the limits of rewards: a stream `allowance-<customer>`, for limited rewards alone.

A use by a redemption that waits for fulfilment counts until the redemption's time is over, or for good once it is
fulfilled; so, like a lapsed point, a lapsed redemption needs nobody to book it here.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.rewards.offer import Limit
from shared.decider import Decider
from shared.errors import Rejected


class AllowanceUsed(Struct, frozen=True, omit_defaults=True):
    """A redemption counts against the reward's limit; until before `lapses_at` (None: for good)."""

    customer_id: UUID
    reward_id: str
    redemption_id: UUID
    used_at: datetime
    lapses_at: datetime | None = None


class AllowanceKept(Struct, frozen=True):
    """The redemption was fulfilled: it counts for good."""

    customer_id: UUID
    reward_id: str
    redemption_id: UUID


class AllowanceReturned(Struct, frozen=True):
    """The redemption came to nothing: it doesn't count."""

    customer_id: UUID
    reward_id: str
    redemption_id: UUID


Event = AllowanceUsed | AllowanceKept | AllowanceReturned


class Use(Struct, frozen=True):
    """Count a redemption, if the limit allows one more; `others` are the uses of merged members that count, too."""

    customer_id: UUID
    reward_id: str
    redemption_id: UUID
    limit: Limit
    now: datetime
    lapses_at: datetime | None = None
    others: tuple[datetime, ...] = ()


class Keep(Struct, frozen=True):
    """Let a redemption count for good."""

    customer_id: UUID
    reward_id: str
    redemption_id: UUID


class GiveBack(Struct, frozen=True):
    """Let a redemption count no more."""

    customer_id: UUID
    reward_id: str
    redemption_id: UUID


Command = Use | Keep | GiveBack


class Allowance(Struct, frozen=True):
    """The uses by reward and redemption."""

    uses: dict[str, dict[UUID, AllowanceUsed]] = {}

    def counting(self, reward_id: str, limit: Limit, now: datetime) -> Iterator[datetime]:
        """Yield when each redemption was made that counts against the limit at `now`."""
        since = None if limit.days is None else now - timedelta(days=limit.days)
        for use in self.uses.get(reward_id, {}).values():
            if (use.lapses_at is None or now < use.lapses_at) and (since is None or since < use.used_at):
                yield use.used_at


def left(allowances: Sequence[Allowance], reward_id: str, limit: Limit, now: datetime) -> int:
    """Return how often members who are one may still redeem the reward at `now`."""
    used = sum(1 for allowance in allowances for _ in allowance.counting(reward_id, limit, now))
    return max(0, limit.count - used)


def decide(command: Command, allowance: Allowance) -> Sequence[Event]:
    """Return the events that obey `command`."""
    known = allowance.uses.get(command.reward_id, {}).get(command.redemption_id)
    place = (command.customer_id, command.reward_id, command.redemption_id)
    match command:
        case Use():
            if known is None:
                _must_be_left(command, allowance)
            return () if known else (AllowanceUsed(*place, command.now, command.lapses_at),)
        case Keep():
            return (AllowanceKept(*place),) if known and known.lapses_at else ()
        case GiveBack():
            return (AllowanceReturned(*place),) if known else ()
        case _:
            assert_never(command)


def _must_be_left(command: Use, allowance: Allowance) -> None:
    limit = command.limit
    used = sorted((*allowance.counting(command.reward_id, limit, command.now), *command.others))
    if len(used) < limit.count:
        return
    period = ""
    if limit.days:
        again = used[-limit.count] + timedelta(days=limit.days)
        period = f" in {limit.days} days, again from {again:%Y-%m-%dT%H:%M:%SZ} on"
    raise Rejected("limit-reached", f"A member may redeem this reward {limit.count} times{period}.")


def evolve(allowance: Allowance, event: Event) -> Allowance:
    """Return the allowance as it is after `event`."""
    uses = dict(allowance.uses.get(event.reward_id, {}))
    match event:
        case AllowanceUsed():
            uses[event.redemption_id] = event
        case AllowanceKept():
            if event.redemption_id in uses:
                uses[event.redemption_id] = structs.replace(uses[event.redemption_id], lapses_at=None)
        case AllowanceReturned():
            uses.pop(event.redemption_id, None)
        case _:
            assert_never(event)
    return Allowance({**allowance.uses, event.reward_id: uses})


ALLOWANCE: Decider[Command, Event, Allowance] = Decider("allowance", Allowance(), decide, evolve)
