"""An activity: a survey answered, a friend brought, something done at a partner, or at a touchpoint of a channel."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal
from uuid import UUID

from msgspec import Struct, structs

from shared.decider import Decider
from shared.errors import Rejected

What = Literal["survey", "referral", "partner-activity", "touchpoint"]

Value = bool | int | str
"""A number with decimals is a decimal string; a text is a code, and nobody's words."""


class ActivityRecorded(Struct, frozen=True, omit_defaults=True):
    """The customer did something that is neither a purchase nor a conversation; `code` says which survey or step."""

    customer_id: UUID
    source: str
    activity_id: str
    what: What
    channel: str
    code: str = ""
    partner: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""
    attributes: dict[str, Value] = {}
    invented: bool = False


class RecordActivity(Struct, frozen=True):
    """Record an activity, once."""

    customer_id: UUID
    source: str
    activity_id: str
    what: What
    channel: str
    code: str = ""
    partner: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""
    attributes: dict[str, Value] = {}
    invented: bool = False


class Activity(Struct, frozen=True):
    """The activity as recorded."""

    recorded: ActivityRecorded | None = None


def decide(command: RecordActivity, activity: Activity) -> Sequence[ActivityRecorded]:
    """Record once; the same again is quiet; other content under the same id is refused."""
    fact = ActivityRecorded(*structs.astuple(command))
    if activity.recorded is None:
        return (fact,)
    if activity.recorded != fact:
        raise Rejected(
            "activity-differs",
            f"Activity {command.activity_id} of {command.source} is recorded with other content."
            " Use the source's own id for each activity.",
        )
    return ()


def evolve(_: Activity, event: ActivityRecorded) -> Activity:
    """Return the activity as it is after the event."""
    return Activity(event)


ACTIVITY = Decider("activity", Activity(), decide, evolve)
