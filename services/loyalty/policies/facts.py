"""What happened elsewhere, as the rules of a programme know it: facts by their source, each named once for ever.

An order and another fact of one source may bear the same id: the source of the others says what kind they are,
with a sign that the name of a source can't have.
"""

from uuid import UUID

from services.loyalty.contracts.contact import ActivityRecorded, InteractionRecorded, PurchaseRecorded
from services.loyalty.contracts.tickets import ComplaintResolved, Points, Refund
from services.loyalty.domain.ledger.events import MemberEnrolled
from services.loyalty.domain.profile.events import DayCame
from services.loyalty.domain.rules.fact import Fact, Line, Value
from shared.store.contract import Recorded


def fact_of(recorded: Recorded) -> Fact | None:
    """Return the fact that an event tells of; None where it tells of none."""
    event = recorded.event
    match event:
        case PurchaseRecorded():
            return _purchase(recorded, event)
        case InteractionRecorded():
            return _interaction(recorded, event)
        case ActivityRecorded():
            return _activity(recorded, event)
        case ComplaintResolved():
            return _redress(recorded, event)
        case MemberEnrolled(customer_id, enrolled_at):
            at = enrolled_at or recorded.occurred_at
            return Fact("sign-up", "loyalty", _own("sign-up", customer_id), at)
        case DayCame(customer_id, day, number, at):
            attributes: dict[str, Value] = {"years": number} if day == "anniversary" else {}
            return Fact(day, "loyalty", _own(f"{day}-{number}", customer_id), at, attributes=attributes)
        case _:
            return None


def _purchase(recorded: Recorded, event: PurchaseRecorded) -> Fact:
    return Fact(
        *("purchase", event.source, event.order_id, recorded.occurred_at, event.amount, event.currency),
        tax=event.tax,
        paid_with_points=event.paid_with_points,
        lines=tuple(Line(line.product, line.category, line.quantity, line.amount) for line in event.lines),
        channel=event.channel,
    )


def _interaction(recorded: Recorded, event: InteractionRecorded) -> Fact:
    attributes: dict[str, Value] = {"direction": event.direction}
    if event.topic is not None:
        attributes["topic"] = event.topic
    if event.duration_seconds is not None:
        attributes["duration_seconds"] = event.duration_seconds
    source, name = f"{event.source}/interaction", f"{event.channel}/{event.interaction_id}"
    return Fact("interaction", source, name, recorded.occurred_at, channel=event.channel, attributes=attributes)


def _activity(recorded: Recorded, event: ActivityRecorded) -> Fact:
    code: dict[str, Value] = {"code": event.code} if event.code else {}
    return Fact(
        *(event.what, f"{event.source}/activity", event.activity_id, recorded.occurred_at),
        *(event.amount, event.currency),
        channel=event.channel,
        partner=event.partner,
        attributes={**event.attributes, **code},
    )


def _redress(recorded: Recorded, event: ComplaintResolved) -> Fact | None:
    """Each resolution is a fact of its own: who reopens a complaint gets what the next one says, too."""
    if not event.redress:
        return None
    points = sum(item.points for item in event.redress if isinstance(item, Points))
    money = [item for item in event.redress if isinstance(item, Refund)]
    attributes: dict[str, Value] = {"points": points, "decision": event.decision}
    if len({item.currency for item in money}) == 1:
        refunded = sum(item.amount for item in money)
        attributes |= {"refund": str(refunded), "refund_currency": money[0].currency}
    return Fact("redress", "tickets", recorded.id, recorded.occurred_at, attributes=attributes)


def _own(name: str, customer_id: UUID) -> str:
    """Name a fact that loyalty itself tells of: merged members may have one of the same name each."""
    return f"{name}/{customer_id}"
