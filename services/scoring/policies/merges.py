"""Customers were merged, or a merge was undone: what was decided about them is to be decided anew."""

from uuid import UUID, uuid5

from services.scoring.contracts.merges import MERGES, CustomersMerged, MergeUndone
from services.scoring.domain.events import Cause
from services.scoring.domain.run import RUN, RequestRun
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Context, Recorded
from shared.wire import event_source

_NAMESPACE = UUID("0a8f5c1e-2f44-5d0b-9a53-6a1c0f7d4b21")


def run_id(cause: str) -> UUID:
    """Return the id of the run that an event of contact asks for: always the same, so a redelivery is quiet."""
    return uuid5(_NAMESPACE, cause)


def react(work: Work, recorded: Recorded) -> None:
    """Ask for the run; it waits until the views have taken the merge in."""
    event: CustomersMerged | MergeUndone = recorded.event
    undone = isinstance(event, MergeUndone)
    cause = Cause(recorded.id, str(event.merge_id), event.customer_id, event.into, undone)
    run = run_id(recorded.id)
    stream = RUN.stream(run)
    context = Context(
        work.now,
        work.now,
        correlation=recorded.meta.get("correlation"),
        causation=recorded.id,
        traceparent=recorded.meta.get("traceparent"),
    )
    work.handle(RUN, stream, RequestRun(run, None, work.now.date(), cause), subject=stream, context=context)


RESCORING: EventPolicy = Policy(
    name="merges",
    source=event_source(MERGES.reads),
    key=lambda recorded: recorded.subject,
    needs=lambda recorded: (RUN.stream(run_id(recorded.id)),),
    react=react,
)
