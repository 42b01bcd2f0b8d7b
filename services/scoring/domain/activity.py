"""The decisions about a customer's class by activity: a purchase may raise it, time alone lowers it.

What has been bought is known from contact's events; this stream holds what was decided, and the purchase days on
which a decision may still depend. A day that is too old for every rung when we learn of it is not among them:
nothing could come of it, and a replay of years leaves neither events nor timers behind.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct

from services.scoring.domain.activity_class import (
    LONGEST,
    RANK,
    RUNGS,
    Activity,
    Rung,
    classify,
    counted,
    course,
    ends,
    with_purchase,
)
from services.scoring.domain.events import ActivityChanged, ActivityEvent, PurchaseNoticed
from shared.decider import Decider


class NoticePurchase(Struct, frozen=True):
    """The customer bought something at `purchased_at`, and we learn of it at `now`."""

    customer_id: UUID
    purchased_at: datetime
    now: datetime


class LetTimePass(Struct, frozen=True):
    """It is `now`: whatever class has ended by then is left."""

    now: datetime


class Acting(Struct, frozen=True):
    """The first purchase noticed of each day, ascending in UTC, and the class that was last decided (None: silent)."""

    customer_id: UUID | None = None
    moments: tuple[datetime, ...] = ()
    activity: Activity | None = None

    @property
    def days(self) -> tuple[int, ...]:
        """The purchase days as proleptic ordinals, ascending."""
        return tuple(moment.toordinal() for moment in self.moments)


def decide(command: NoticePurchase | LetTimePass, acting: Acting) -> Sequence[ActivityEvent]:
    """Return the one event that obeys `command`, or none."""
    match command:
        case NoticePurchase():
            return _notice(command, acting)
        case LetTimePass(now):
            return _fall(now, acting)
        case _:
            assert_never(command)


def _notice(command: NoticePurchase, acting: Acting) -> Sequence[ActivityEvent]:
    """A purchase only ever raises the class, and is judged as of now."""
    at = command.purchased_at.astimezone(UTC)
    now = max(command.now.astimezone(UTC), at)
    moments = with_purchase(acting.moments, at)
    if moments is acting.moments or now.toordinal() - at.toordinal() >= LONGEST:
        return ()
    days = tuple(moment.toordinal() for moment in moments)
    after = classify(days, now.toordinal())
    before = acting.activity
    if before is not None and RANK[after] <= RANK[before]:
        return (PurchaseNoticed(command.customer_id, at),)
    since = course(moments, now)[-1].since
    reason = f"bought on {at.date()}: {_standing(after, days, now.toordinal())}"
    return (_changed(command.customer_id, before, after, since, days, now, at, reason),)


def _fall(now: datetime, acting: Acting) -> Sequence[ActivityEvent]:
    """Leave one class, at its own moment; when several have ended, the next command leaves the next one."""
    end, before = wakes(acting), acting.activity
    if end is None or end > now or before is None or acting.customer_id is None:
        return ()
    after = classify(acting.days, end.toordinal())
    rung = RUNGS[before]
    day = date.fromordinal(acting.days[-rung.days])
    which = "the last purchase day" if rung.days == 1 else f"the last but {rung.days - 1} purchase day"
    standing = _standing(after, acting.days, end.toordinal())
    reason = f"no longer {before}, as {which}, {day}, is {rung.within} days old: {standing}"
    return (_changed(acting.customer_id, before, after, end, acting.days, end, None, reason),)


def _changed(
    customer_id: UUID,
    before: Activity | None,
    after: Activity,
    since: datetime,
    days: Sequence[int],
    judged_at: datetime,
    purchased_at: datetime | None,
    reason: str,
) -> ActivityChanged:
    windows = counted(days, judged_at.toordinal())
    return ActivityChanged(
        customer_id, before, after, since, ends(after, days), windows, judged_at, purchased_at, reason
    )


def _standing(activity: Activity, days: Sequence[int], today: int) -> str:
    """Say the arithmetic of a class: what it takes, and what there is."""
    rung = RUNGS.get(activity)
    if rung is None:
        return f"silent, the last purchase day is {today - days[-1]} days ago"
    found = counted(days, today)[str(rung.within)]
    return f"{activity}, {found} purchase day{'' if found == 1 else 's'} within {rung.within} days of {_needed(rung)}"


def _needed(rung: Rung) -> str:
    return f"{rung.days} needed"


def evolve(acting: Acting, event: ActivityEvent) -> Acting:
    """Return the state after the event."""
    match event:
        case PurchaseNoticed(customer_id, at):
            return Acting(customer_id, with_purchase(acting.moments, at), acting.activity)
        case ActivityChanged():
            bought = event.purchased_at
            moments = with_purchase(acting.moments, bought) if bought else acting.moments
            return Acting(event.customer_id, moments, event.after)
        case _:
            assert_never(event)


def wakes(acting: Acting) -> datetime | None:
    """Return the moment at which the class that was decided ends, unless they buy before."""
    return None if acting.activity is None else ends(acting.activity, acting.days)


ACTIVITY: Decider[NoticePurchase | LetTimePass, ActivityEvent, Acting] = Decider(
    "activity", Acting(), decide, evolve, wakes=wakes, wake=LetTimePass, state=Acting
)
