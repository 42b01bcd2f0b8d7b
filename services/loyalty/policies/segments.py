"""Scoring found a customer's class, by value or by activity: it is a segment that rules may ask for."""

from collections.abc import Sequence
from uuid import UUID

from services.loyalty.contracts.scoring import SCORING, ActivityChanged, CustomerScored
from services.loyalty.domain.profile.commands import NoteSegment
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.policies.judging import Judging
from services.loyalty.policies.profiles import note
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Recorded
from shared.wire import event_source


def noted(recorded: Recorded) -> Sequence[NoteSegment]:
    """Return what the event tells of everyone whom it is about: `value-gold`, `activity-silent`."""
    event: CustomerScored | ActivityChanged = recorded.event
    those: tuple[UUID, ...] = (event.customer_id,)
    if isinstance(event, CustomerScored):
        kind, found, those = "value", event.tier, (*those, *event.members)
    else:
        kind, found = "activity", event.after
    at, place = recorded.occurred_at, recorded.version
    return [NoteSegment(customer_id, kind, f"{kind}-{found}", at, place) for customer_id in those]


def segments(judging: Judging) -> EventPolicy:
    """Return the policy; what was judged without knowing it is judged again so."""

    def needs(recorded: Recorded) -> Sequence[str]:
        those = [str(command.customer_id) for command in noted(recorded)] if judging.programme else []
        return [stream for who in those for stream in (PROFILE.stream(who), *judging.streams(who))]

    def react(work: Work, recorded: Recorded) -> None:
        """Note it of who belongs to a programme; a rule may come to ask for what was known by then."""
        for command in noted(recorded):
            if judging.rulebook(work, str(command.customer_id)) is not None:
                note(work, judging, recorded, command)

    return Policy(
        name="segments",
        source=event_source(SCORING),
        key=lambda recorded: recorded.subject,
        needs=needs,
        react=react,
        personal=judging.opens,
        keeps=judging.keeps,
    )
