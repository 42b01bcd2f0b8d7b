"""A partner's customers earned points, or gave them back: book what that costs the partner.

Read from loyalty's own topic: members' earnings needn't wait for the one stream
of a partner. A partner without an agreement, a price or enough prepaid points
parks its entries, and nobody's points.
"""

from collections.abc import Sequence
from datetime import datetime

from services.loyalty.api.deciding import Deciding
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.events import PointsEarned, PointsReversed
from services.loyalty.domain.partners import process
from services.loyalty.domain.partners.commands import BookPoints, Command, ReversePoints
from services.loyalty.domain.partners.partner import entry_id
from shared.events import Catalogue
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Context, Recorded
from shared.wire import event_source

SOURCE = "loyalty"

_READ = {name: kind for name, kind in PUBLISHED.events.items() if kind in (PointsEarned, PointsReversed)}


def command_for(recorded: Recorded, now: datetime) -> Command | None:
    """Return what the event asks of the partner; None where the points are no partner's, or none were taken back."""
    event: PointsEarned | PointsReversed = recorded.event
    name, at = f"{event.customer_id}/{event.lot_id}", recorded.occurred_at
    if not event.partner or not event.points:
        return None
    if isinstance(event, PointsEarned):
        return BookPoints(event.partner, SOURCE, name, "accrual", event.points, at, now, event.points_currency)
    return ReversePoints(event.partner, SOURCE, recorded.id, entry_id(SOURCE, name), event.points, at, now)


def react(work: Work, recorded: Recorded) -> None:
    """Book the entry; it happened when the points were earned, or taken back."""
    command = command_for(recorded, work.now)
    if command is None:
        return
    context = Context(
        recorded.occurred_at,
        work.now,
        correlation=recorded.meta.get("correlation"),
        causation=recorded.id,
        traceparent=recorded.meta.get("traceparent"),
    )
    process.ask(Deciding(work, context), command)


def needs(recorded: Recorded) -> Sequence[str]:
    """Return the streams of the partner and of the entries that it is about."""
    command = command_for(recorded, recorded.recorded_at)
    return () if command is None else process.streams_of(command)


PARTNER_POINTS: EventPolicy = Policy(
    name="partner_points",
    source=event_source(Catalogue("loyalty", _READ)),
    key=lambda recorded: recorded.event.partner or recorded.subject,
    needs=needs,
    react=react,
)
