"""A complaint was put right: what the customer got may earn, as the programme says."""

from services.loyalty.contracts.tickets import TICKETS
from services.loyalty.policies.facts import fact_of
from services.loyalty.policies.judging import Judging, surroundings
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Recorded
from shared.wire import event_source


def redress(judging: Judging) -> EventPolicy:
    """Return the policy, which judges so."""

    def react(work: Work, recorded: Recorded) -> None:
        """Judge what was granted."""
        fact = fact_of(recorded)
        if fact is not None:
            judging.tell(work, fact, recorded.subject, surroundings(work, recorded))

    return Policy(
        name="redress",
        source=event_source(TICKETS),
        key=lambda recorded: recorded.subject,
        needs=lambda recorded: judging.streams(recorded.subject) if judging.programme else (),
        react=react,
        personal=judging.opens,
        keeps=judging.keeps,
    )
