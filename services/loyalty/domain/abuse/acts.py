"""What a member did, as the rules of abuse look at it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """What was done: `receipt` is the other end of a transfer."""

    EARNING = "earning"
    RETURN = "return"
    REDEMPTION = "redemption"
    TRANSFER = "transfer"
    RECEIPT = "receipt"


class Act(Struct, frozen=True, omit_defaults=True, gc=False):
    """Something that a member did, or is about to; `act_id` names it among those of its kind.

    `of` is the id of the earning that a return gives back.
    """

    kind: Kind
    act_id: str
    at: datetime
    points: int = 0
    of: str = ""


def before(past: Iterable[Act], act: Act, kind: Kind, hours: int) -> list[Act]:
    """Return the other acts of a kind in the hours up to `act`, in the order of time; half-open: (at - hours, at]."""
    since = act.at - timedelta(hours=hours)
    own = (act.kind, act.act_id)
    others = {
        item.act_id: item
        for item in past
        if item.kind is kind and since < item.at <= act.at and (item.kind, item.act_id) != own
    }
    return sorted(others.values(), key=lambda item: (item.at, item.act_id))
