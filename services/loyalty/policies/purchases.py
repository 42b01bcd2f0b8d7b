"""A customer came, bought, or gave back: enrol them, earn, or take back what was earned."""

from services.loyalty.contracts.contact import CONTACT, CustomerRegistered, PurchaseRecorded, PurchaseRefunded
from services.loyalty.domain.commands import Command, Earn, Enrol, ReverseEarning
from services.loyalty.domain.ledger import ACCOUNT
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Context, Recorded
from shared.wire import event_source


def command_for(recorded: Recorded) -> Command:
    """Return what the event asks of the customer's account."""
    event: CustomerRegistered | PurchaseRecorded | PurchaseRefunded = recorded.event
    match event:
        case CustomerRegistered(customer_id):
            return Enrol(customer_id)
        case PurchaseRecorded(customer_id, source, order_id, amount, currency):
            return Earn(customer_id, source, order_id, amount, currency, recorded.occurred_at)
        case PurchaseRefunded(customer_id, source, order_id, refund_id, amount):
            return ReverseEarning(customer_id, source, order_id, refund_id, amount)


def react(work: Work, recorded: Recorded) -> None:
    """Decide on the account; the new events happened when the purchase did."""
    context = Context(
        recorded.occurred_at,
        work.now,
        correlation=recorded.meta.get("correlation"),
        causation=recorded.id,
        traceparent=recorded.meta.get("traceparent"),
    )
    stream = ACCOUNT.stream(recorded.subject)
    work.handle(ACCOUNT, stream, command_for(recorded), subject=recorded.subject, context=context)


PURCHASES: EventPolicy = Policy(
    name="purchases",
    source=event_source(CONTACT),
    key=lambda recorded: recorded.subject,
    needs=lambda recorded: (ACCOUNT.stream(recorded.subject),),
    react=react,
)
