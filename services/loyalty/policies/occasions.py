"""Someone became a member, or a day of theirs has come: it may earn. Read from loyalty's own topic."""

from services.loyalty.contracts.occasions import OCCASIONS
from services.loyalty.domain.ledger.events import MemberEnrolled
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.policies.facts import fact_of
from services.loyalty.policies.judging import Judging, surroundings
from services.loyalty.policies.profiles import note_enrolment
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Recorded
from shared.wire import event_source


def occasions(judging: Judging) -> EventPolicy:
    """Return the policy, which judges so."""

    def react(work: Work, recorded: Recorded) -> None:
        """Judge the occasion; and of a new member, note since when there are anniversaries."""
        fact = fact_of(recorded)
        if fact is None:
            return
        context = surroundings(work, recorded)
        if isinstance(recorded.event, MemberEnrolled):
            note_enrolment(work, judging, recorded.event.customer_id, fact.occurred_at, context)
        judging.tell(work, fact, recorded.subject, context)

    def needs(recorded: Recorded) -> tuple[str, ...]:
        who = recorded.subject
        return (PROFILE.stream(who), *judging.streams(who)) if judging.programme else ()

    return Policy(
        name="occasions",
        source=event_source(OCCASIONS),
        key=lambda recorded: recorded.subject,
        needs=needs,
        react=react,
        personal=judging.opens,
        keeps=judging.keeps,
    )
