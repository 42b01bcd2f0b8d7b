"""A customer's activity as the API gives it out: the class at a moment, how it came about, and why."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from services.scoring.domain.activity import ACTIVITY, Acting
from services.scoring.domain.activity_class import (
    LADDER,
    RULE,
    RULE_VERSION,
    RUNGS,
    Activity,
    Spell,
    classify,
    counted,
    course,
    ends,
)
from services.scoring.domain.events import ActivityChanged
from shared.store.contract import Recorded


class SpellAnswer(BaseModel):
    """A class, and from when on it was held."""

    activity: Activity
    since: datetime


class Decision(BaseModel):
    """A change of class as scoring decided and published it; a class that had ended before we knew of it has none."""

    event: str
    occurred_at: datetime
    recorded_at: datetime
    before: Activity | None
    after: Activity
    reason: str


class ActivityAnswer(BaseModel):
    """How active a customer is at the moment that was asked about."""

    customer_id: UUID
    members: list[UUID] = Field(description="The customers whom this one stands for, itself included.")
    activity: Activity
    since: datetime
    falls_at: datetime | None = Field(description="When the class ends unless they buy; null for the lowest.")
    last_purchase_day: date
    purchase_days: dict[str, int] = Field(description="Purchase days within each window: days -> number.")
    course: list[SpellAnswer] = Field(description="Every class by event time, whenever we learned of it.")
    decisions: list[Decision] = Field(description="The changes that were published, in the order of recording.")


class RungAnswer(BaseModel):
    """A class is held while that many purchase days are less than `within_days` old."""

    activity: Activity
    purchase_days: int
    within_days: int
    found: int
    ends_at: datetime | None = Field(description="When the class ended or will end; null where it was never reached.")


class DayReason(BaseModel):
    """A purchase day that counts: scoring's event, and contact's event that led to it."""

    day: date
    event: str
    service: str = "scoring"
    caused_by: str | None = Field(description="The purchase, an event of contact.")
    occurred_at: datetime
    recorded_at: datetime


class WhyActivityAnswer(BaseModel):
    """All that stands behind a class."""

    customer_id: UUID
    activity: Activity
    judged_at: datetime
    rule: str
    rule_version: int
    ladder: list[RungAnswer] = Field(description="The first one that holds is the class; if none does: silent.")
    arithmetic: str
    events: list[DayReason] = Field(description="The newest purchase days, as many as the ladder looks at.")


def acting_of(events: Sequence[Recorded]) -> Acting:
    """Return the state that the events of one customer, or of several who are one, come to."""
    return ACTIVITY.fold(recorded.event for recorded in events)


def activity_answer(root: UUID, members: Sequence[UUID], events: Sequence[Recorded], now: datetime) -> dict[str, Any]:
    """Return the activity at `now` as JSON. There must be at least one purchase."""
    acting = acting_of(events)
    held, days = course(acting.moments, now), acting.days
    return ActivityAnswer(
        customer_id=root,
        members=list(members),
        activity=held[-1].activity,
        since=held[-1].since,
        falls_at=ends(held[-1].activity, days),
        last_purchase_day=acting.moments[-1].date(),
        purchase_days=counted(days, now.toordinal()),
        course=[_spell(spell) for spell in held],
        decisions=[_decision(recorded) for recorded in events if isinstance(recorded.event, ActivityChanged)],
    ).model_dump(mode="json")


def _spell(spell: Spell) -> SpellAnswer:
    return SpellAnswer(activity=spell.activity, since=spell.since)


def _decision(recorded: Recorded) -> Decision:
    event: ActivityChanged = recorded.event
    return Decision(
        event=recorded.id,
        occurred_at=recorded.occurred_at,
        recorded_at=recorded.recorded_at,
        before=event.before,
        after=event.after,
        reason=event.reason,
    )


def why_activity_answer(root: UUID, events: Sequence[Recorded], now: datetime) -> dict[str, Any]:
    """Return the reasons of the class at `now` as JSON. There must be at least one purchase."""
    days = acting_of(events).days
    activity = classify(days, now.toordinal())
    found = counted(days, now.toordinal())
    return WhyActivityAnswer(
        customer_id=root,
        activity=activity,
        judged_at=now,
        rule=RULE,
        rule_version=RULE_VERSION,
        ladder=[
            RungAnswer(
                activity=rung.activity,
                purchase_days=rung.days,
                within_days=rung.within,
                found=found[str(rung.within)],
                ends_at=ends(rung.activity, days),
            )
            for rung in LADDER
        ],
        arithmetic=_arithmetic(activity, days, now.toordinal()),
        events=_newest_days(events),
    ).model_dump(mode="json")


def _arithmetic(activity: Activity, days: Sequence[int], today: int) -> str:
    rung = RUNGS.get(activity)
    needed, within = (rung.days, rung.within) if rung else (1, LADDER[-1].within)
    age = today - days[-needed]
    comparison = "less than" if age < within else "not less than"
    return f"purchase day {needed} from the last is {age} days old, {comparison} {within}: {activity}"


def _newest_days(events: Sequence[Recorded]) -> list[DayReason]:
    """Return the event of each of the newest days: the first purchase of the day, as far as it counts."""
    bought = [recorded for recorded in events if recorded.event.purchased_at is not None]
    latest_first = sorted(bought, key=lambda recorded: (recorded.event.purchased_at, recorded.id), reverse=True)
    first = {recorded.event.purchased_at.toordinal(): recorded for recorded in latest_first}
    return [_day(first[day]) for day in sorted(first, reverse=True)[: max(rung.days for rung in LADDER)]]


def _day(recorded: Recorded) -> DayReason:
    return DayReason(
        day=recorded.event.purchased_at.date(),
        event=recorded.id,
        caused_by=recorded.meta.get("causation"),
        occurred_at=recorded.occurred_at,
        recorded_at=recorded.recorded_at,
    )
