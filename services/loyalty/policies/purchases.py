"""A customer came, bought, or gave back: enrol them, earn, or take back what was earned."""

from datetime import datetime

from msgspec import Struct

from services.loyalty.contracts.contact import CONTACT, CustomerRegistered, PurchaseRecorded, PurchaseRefunded
from services.loyalty.domain.ledger.commands import Command, Earn, Enrol, ReverseEarning
from services.loyalty.domain.ledger.currencies import PLAIN, Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.policies import DebtPolicy
from services.loyalty.domain.programme.terms import Terms
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Context, Recorded
from shared.wire import event_source


class Promised(Struct, frozen=True):
    """What the programme promises about purchases: terms, point currencies, and what becomes of a debt."""

    terms: Terms = Terms()
    declared: Declared = PLAIN
    debt: DebtPolicy = "owe"


def command_for(recorded: Recorded, now: datetime, promised: Promised) -> Command:
    """Return what the event asks of the customer's account."""
    event: CustomerRegistered | PurchaseRecorded | PurchaseRefunded = recorded.event
    match event:
        case CustomerRegistered(customer_id):
            return Enrol(customer_id)
        case PurchaseRecorded(customer_id, source, order_id, amount, currency):
            order = (customer_id, source, order_id, amount, currency, recorded.occurred_at, now, promised.terms)
            declared = promised.declared
            return Earn(*order, points_currency=declared.main, declared=declared, debt=promised.debt)
        case PurchaseRefunded(customer_id, source, order_id, refund_id, amount):
            part = (customer_id, source, order_id, refund_id, amount)
            return ReverseEarning(*part, now, recorded.occurred_at, promised.debt)


def purchases(promised: Promised) -> EventPolicy:
    """Return the policy; what is earned is earned as this is promised, in the main currency."""

    def react(work: Work, recorded: Recorded) -> None:
        """Decide on the account; the new events happened when the purchase did."""
        context = Context(
            recorded.occurred_at,
            work.now,
            correlation=recorded.meta.get("correlation"),
            causation=recorded.id,
            traceparent=recorded.meta.get("traceparent"),
        )
        command = command_for(recorded, work.now, promised)
        work.handle(ACCOUNT, ACCOUNT.stream(recorded.subject), command, subject=recorded.subject, context=context)

    return Policy(
        name="purchases",
        source=event_source(CONTACT),
        key=lambda recorded: recorded.subject,
        needs=lambda recorded: (ACCOUNT.stream(recorded.subject),),
        react=react,
    )
