"""What may become of a redemption, and when: commands, rules, the decider."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from msgspec import Struct

from services.loyalty.domain.redeeming.redemption import (
    Event,
    Redemption,
    RedemptionCancelled,
    RedemptionFailed,
    RedemptionFulfilled,
    RedemptionMade,
    RedemptionTimedOut,
    Status,
    evolve,
)
from shared.decider import Decider
from shared.errors import Missing, Rejected
from shared.privacy.personal import Personal


class Make(Struct, frozen=True):
    """Redeem; all that it needs was decided by those who hold it."""

    made: RedemptionMade


class Fulfil(Struct, frozen=True):
    """Say that the member has it."""

    now: datetime
    reference: str | None = None


class Fail(Struct, frozen=True):
    """Say that it can't be delivered."""

    now: datetime
    reason: Personal


class Cancel(Struct, frozen=True):
    """Call it off, delivered or not."""

    now: datetime
    reason: Personal


class TimeOut(Struct, frozen=True):
    """Book that its time is over."""

    now: datetime


Command = Make | Fulfil | Fail | Cancel | TimeOut


def decide(command: Command, redemption: Redemption | None) -> Sequence[Event]:
    """Return the events that obey `command`; what is already so gives none."""
    if isinstance(command, Make):
        return _make(command.made, redemption)
    made, status = existing(redemption).made, existing(redemption).status(command.now)
    place = (made.redemption_id, made.customer_id, made.reward_id)
    match command:
        case Fulfil(_, reference):
            return () if _is(status, Status.FULFILLED) else (_fulfilled(made, reference),)
        case Fail(_, reason):
            return () if _is(status, Status.FAILED) else (RedemptionFailed(*place, reason),)
        case Cancel(_, reason):
            fulfilled = status is Status.FULFILLED
            done = not fulfilled and _is(status, Status.CANCELLED)
            return () if done else (RedemptionCancelled(*place, reason, fulfilled),)
        case TimeOut(now):
            return _time_out(made, existing(redemption), now)
        case _:
            assert_never(command)


def existing(redemption: Redemption | None) -> Redemption:
    """Return the redemption. Raises Missing where there is none."""
    if redemption is None:
        raise Missing("redemption-unknown", "There is no such redemption.")
    return redemption


def _make(made: RedemptionMade, known: Redemption | None) -> Sequence[Event]:
    if known is None:
        return (made,) if made.expires_at else (made, _fulfilled(made, None))
    if (known.made.customer_id, known.made.reward_id) != (made.customer_id, made.reward_id):
        raise Rejected("redemption-differs", "The redemption is known with another member or reward. Use another id.")
    return ()


def _fulfilled(made: RedemptionMade, reference: str | None) -> RedemptionFulfilled:
    return RedemptionFulfilled(
        made.redemption_id,
        made.customer_id,
        made.reward_id,
        made.points,
        made.points_currency,
        made.partner,
        reference,
    )


def _is(status: Status, wanted: Status) -> bool:
    """Tell whether it is so already. Raises Rejected where it can no longer become so."""
    if status not in (wanted, Status.FULFILLING):
        raise Rejected("redemption-over", f"The redemption is {status} and stays so. Redeem again, if it is wanted.")
    return status is wanted


def _time_out(made: RedemptionMade, redemption: Redemption, now: datetime) -> Sequence[Event]:
    if redemption.booked is not Status.FULFILLING or made.expires_at is None or now < made.expires_at:
        return ()
    return (RedemptionTimedOut(made.redemption_id, made.customer_id, made.reward_id, made.expires_at),)


def wakes(redemption: Redemption | None) -> datetime | None:
    """Return when the time of a redemption is over that waits for fulfilment."""
    if redemption is None or redemption.booked is not Status.FULFILLING:
        return None
    return redemption.made.expires_at


def happened(event: Event) -> datetime | None:
    """Return when the time was over, whenever that is booked."""
    return event.expires_at if isinstance(event, RedemptionTimedOut) else None


REDEMPTION: Decider[Command, Event, Redemption | None] = Decider(
    "redemption", None, decide, evolve, wakes=wakes, wake=TimeOut, happened=happened
)
