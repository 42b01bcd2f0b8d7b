"""A customer's activity as the API gives it out: the class at a moment, how it came about, and why."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from pydantic import BaseModel, Field

from services.scoring.domain.activity_class import (
    LADDER,
    RULE,
    RULE_VERSION,
    RUNGS,
    Activity,
    classify,
    counted,
    course,
    ends,
)
from services.scoring.domain.events import ActivityChanged
from services.scoring.views.evidence import EvidenceRow
from shared.store.contract import Recorded

SHOWN_DAYS = max(rung.days for rung in LADDER)


class SpellAnswer(BaseModel):
    """A class, and from when on it was held."""

    activity: Activity
    since: datetime


class Decision(BaseModel):
    """A change of class as scoring decided and published it; a class that was over before we knew of it has none."""

    event: str
    occurred_at: datetime
    recorded_at: datetime
    caused_by: str | None = Field(description="The purchase, an event of contact; or timer.")
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
    decisions: list[Decision] = Field(description="The changes that were published, by customer, as recorded.")


class RungAnswer(BaseModel):
    """A class is held while that many purchase days are less than `within_days` old."""

    activity: Activity
    purchase_days: int
    within_days: int
    found: int
    ends_at: datetime | None = Field(description="When the class ended or will end; null where it was never reached.")


class DayReason(BaseModel):
    """A purchase day that counts, by its first purchase, an event of contact."""

    day: date
    event: str
    service: str = "contact"
    customer_id: UUID
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
    decisions: list[Decision] = Field(description="What scoring decided and published on the way.")


class Known(Struct, frozen=True):
    """What counts at a moment: of customers who are one, the first purchase of each day, and what was decided."""

    root: UUID
    members: Sequence[UUID]
    purchases: Sequence[EvidenceRow]
    decided: Sequence[Recorded]
    now: datetime

    @property
    def days(self) -> tuple[int, ...]:
        """The purchase days, ascending; there is at least one."""
        return tuple(row.occurred_at.toordinal() for row in self.purchases)


def activity_answer(known: Known) -> dict[str, Any]:
    """Return the activity as JSON."""
    held = course([row.occurred_at for row in known.purchases], known.now)
    return ActivityAnswer(
        customer_id=known.root,
        members=list(known.members),
        activity=held[-1].activity,
        since=held[-1].since,
        falls_at=ends(held[-1].activity, known.days),
        last_purchase_day=known.purchases[-1].occurred_at.date(),
        purchase_days=counted(known.days, known.now.toordinal()),
        course=[SpellAnswer(activity=spell.activity, since=spell.since) for spell in held],
        decisions=_decisions(known.decided),
    ).model_dump(mode="json")


def why_activity_answer(known: Known) -> dict[str, Any]:
    """Return the reasons of the class as JSON."""
    days, today = known.days, known.now.toordinal()
    activity = classify(days, today)
    return WhyActivityAnswer(
        customer_id=known.root,
        activity=activity,
        judged_at=known.now,
        rule=RULE,
        rule_version=RULE_VERSION,
        ladder=_ladder(days, today),
        arithmetic=_arithmetic(activity, days, today),
        events=[_day(row) for row in known.purchases[: -SHOWN_DAYS - 1 : -1]],
        decisions=_decisions(known.decided),
    ).model_dump(mode="json")


def _ladder(days: Sequence[int], today: int) -> list[RungAnswer]:
    found = counted(days, today)
    return [
        RungAnswer(
            activity=rung.activity,
            purchase_days=rung.days,
            within_days=rung.within,
            found=found[str(rung.within)],
            ends_at=ends(rung.activity, days),
        )
        for rung in LADDER
    ]


def _arithmetic(activity: Activity, days: Sequence[int], today: int) -> str:
    rung = RUNGS.get(activity)
    needed, within = (rung.days, rung.within) if rung else (1, LADDER[-1].within)
    age = today - days[-needed]
    comparison = "less than" if age < within else "not less than"
    return f"purchase day {needed} from the last is {age} days old, {comparison} {within}: {activity}"


def _decisions(events: Sequence[Recorded]) -> list[Decision]:
    return [_decision(recorded) for recorded in events if isinstance(recorded.event, ActivityChanged)]


def _decision(recorded: Recorded) -> Decision:
    event: ActivityChanged = recorded.event
    return Decision(
        event=recorded.id,
        occurred_at=recorded.occurred_at,
        recorded_at=recorded.recorded_at,
        caused_by=recorded.meta.get("causation"),
        before=event.before,
        after=event.after,
        reason=event.reason,
    )


def _day(row: EvidenceRow) -> DayReason:
    return DayReason(
        day=row.occurred_at.date(),
        event=row.event_id,
        customer_id=row.customer_id,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
    )
