"""A customer came, bought, or gave back: enrol them, earn, or take back what was earned."""

from datetime import datetime

from services.loyalty.contracts.contact import CONTACT, CustomerRegistered, PurchaseRecorded, PurchaseRefunded
from services.loyalty.domain.ledger.commands import Command, Earn, Enrol, ReverseEarning
from services.loyalty.domain.ledger.currencies import PLAIN, Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.programme.terms import Terms
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Context, Recorded
from shared.wire import event_source


def command_for(recorded: Recorded, now: datetime, terms: Terms, declared: Declared) -> Command:
    """Return what the event asks of the customer's account."""
    event: CustomerRegistered | PurchaseRecorded | PurchaseRefunded = recorded.event
    match event:
        case CustomerRegistered(customer_id):
            return Enrol(customer_id)
        case PurchaseRecorded(customer_id, source, order_id, amount, currency):
            order = (customer_id, source, order_id, amount, currency, recorded.occurred_at, now, terms)
            return Earn(*order, points_currency=declared.main, declared=declared)
        case PurchaseRefunded(customer_id, source, order_id, refund_id, amount):
            return ReverseEarning(customer_id, source, order_id, refund_id, amount, now, recorded.occurred_at)


def purchases(terms: Terms, declared: Declared = PLAIN) -> EventPolicy:
    """Return the policy; what is earned is earned on these terms, in the main currency."""

    def react(work: Work, recorded: Recorded) -> None:
        """Decide on the account; the new events happened when the purchase did."""
        context = Context(
            recorded.occurred_at,
            work.now,
            correlation=recorded.meta.get("correlation"),
            causation=recorded.id,
            traceparent=recorded.meta.get("traceparent"),
        )
        command = command_for(recorded, work.now, terms, declared)
        work.handle(ACCOUNT, ACCOUNT.stream(recorded.subject), command, subject=recorded.subject, context=context)

    return Policy(
        name="purchases",
        source=event_source(CONTACT),
        key=lambda recorded: recorded.subject,
        needs=lambda recorded: (ACCOUNT.stream(recorded.subject),),
        react=react,
    )
