"""A customer came, bought, or gave back: enrol them, earn, or take back what was earned."""

from datetime import datetime

from services.loyalty.contracts.contact import CONTACT, CustomerRegistered, PurchaseRecorded, PurchaseRefunded
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.commands import Command, Earn, Enrol, ReverseEarning
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.domain.rules.fact import Fact, Line
from services.loyalty.policies.judging import Judging, Promised
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Context, Recorded
from shared.wire import event_source


def command_for(recorded: Recorded, now: datetime, promises: Promises, rulebook: Rulebook | None = None) -> Command:
    """Return what the event asks of the customer's account, by what counted when it happened."""
    event: CustomerRegistered | PurchaseRecorded | PurchaseRefunded = recorded.event
    document = promises.at(recorded.occurred_at)
    debt = document.policies.debt
    match event:
        case CustomerRegistered(customer_id):
            return Enrol(customer_id, recorded.occurred_at)
        case PurchaseRecorded(customer_id, source, order_id, amount, currency):
            if rulebook is not None and rulebook.at(recorded.occurred_at) is not None:
                return Judge(customer_id, fact_of(event, recorded.occurred_at), rulebook, now, debt=debt)
            main, declared = document.main.code, document.declared()
            order = (customer_id, source, order_id, amount, currency, recorded.occurred_at, now)
            return Earn(*order, document.terms_of(main), points_currency=main, declared=declared, debt=debt)
        case PurchaseRefunded(customer_id, source, order_id, refund_id, amount):
            part = (customer_id, source, order_id, refund_id, amount)
            return ReverseEarning(*part, now, recorded.occurred_at, debt, rulebook)


def fact_of(event: PurchaseRecorded, occurred_at: datetime) -> Fact:
    """Return a purchase as the rules of a programme know it."""
    return Fact(
        *("purchase", event.source, event.order_id, occurred_at, event.amount, event.currency),
        tax=event.tax,
        paid_with_points=event.paid_with_points,
        lines=tuple(Line(line.product, line.category, line.quantity, line.amount) for line in event.lines),
        channel=event.channel,
    )


def purchases(promised: Promised) -> EventPolicy:
    """Return the policy; what is earned is earned as each member was promised."""
    judging = Judging(promised)

    def react(work: Work, recorded: Recorded) -> None:
        """Decide on the account; the new events happened when the purchase did."""
        context = Context(
            recorded.occurred_at,
            work.now,
            correlation=recorded.meta.get("correlation"),
            causation=recorded.id,
            traceparent=recorded.meta.get("traceparent"),
        )
        promises = judging.promises(work, recorded.subject)
        command = command_for(recorded, work.now, promises, judging.rulebook(promises))
        judging.give(work, command, recorded.subject, context)

    return Policy(
        name="purchases",
        source=event_source(CONTACT),
        key=lambda recorded: recorded.subject,
        needs=lambda recorded: judging.streams(recorded.subject),
        react=react,
    )
