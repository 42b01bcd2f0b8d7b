"""A customer bought something: that may raise their class by activity."""

from services.scoring.contracts.contact import PURCHASES as BOUGHT
from services.scoring.domain.activity import ACTIVITY, NoticePurchase
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Context, Recorded
from shared.wire import event_source


def react(work: Work, recorded: Recorded) -> None:
    """Decide on the customer's activity, judged as of now; the new event happened when the purchase did."""
    context = Context(
        recorded.occurred_at,
        work.now,
        correlation=recorded.meta.get("correlation"),
        causation=recorded.id,
        traceparent=recorded.meta.get("traceparent"),
    )
    command = NoticePurchase(recorded.event.customer_id, recorded.occurred_at, work.now)
    work.handle(ACTIVITY, ACTIVITY.stream(recorded.subject), command, subject=recorded.subject, context=context)


PURCHASES: EventPolicy = Policy(
    name="purchases",
    source=event_source(BOUGHT),
    key=lambda recorded: recorded.subject,
    needs=lambda recorded: (ACTIVITY.stream(recorded.subject),),
    react=react,
)
