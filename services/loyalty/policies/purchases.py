"""A customer came, bought, or gave back: enrol them, earn, or take back what was earned."""

from datetime import datetime

from msgspec import Struct

from services.loyalty.contracts.contact import CONTACT, CustomerRegistered, PurchaseRecorded, PurchaseRefunded
from services.loyalty.domain.earning.budget import BUDGET, UseBudget, used_between
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.commands import Command, Earn, Enrol, ReverseEarning
from services.loyalty.domain.ledger.currencies import PLAIN, Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.policies import DebtPolicy
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.compiled import CompiledRules
from services.loyalty.domain.rules.fact import Fact, Line
from services.loyalty.policies.acts import Looking
from services.loyalty.policies.tiers import book_tier, tier_streams
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Context, Recorded
from shared.wire import event_source


class Promised(Struct, frozen=True):
    """What is promised about purchases: terms, point currencies, what becomes of a debt, and by which programme.

    Where `programme` names none, or for a time before its first version, the plain rule counts.
    """

    terms: Terms = Terms()
    declared: Declared = PLAIN
    debt: DebtPolicy = "owe"
    programme: str = ""


def command_for(recorded: Recorded, now: datetime, promised: Promised, rulebook: Rulebook | None = None) -> Command:
    """Return what the event asks of the customer's account."""
    event: CustomerRegistered | PurchaseRecorded | PurchaseRefunded = recorded.event
    match event:
        case CustomerRegistered(customer_id):
            return Enrol(customer_id, recorded.occurred_at)
        case PurchaseRecorded(customer_id, source, order_id, amount, currency):
            if rulebook is not None and rulebook.at(recorded.occurred_at) is not None:
                return Judge(customer_id, fact_of(event, recorded.occurred_at), rulebook, now, debt=promised.debt)
            order = (customer_id, source, order_id, amount, currency, recorded.occurred_at, now, promised.terms)
            declared = promised.declared
            return Earn(*order, points_currency=declared.main, declared=declared, debt=promised.debt)
        case PurchaseRefunded(customer_id, source, order_id, refund_id, amount):
            part = (customer_id, source, order_id, refund_id, amount)
            return ReverseEarning(*part, now, recorded.occurred_at, promised.debt, rulebook)


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
    """Return the policy; what is earned is earned as this is promised."""
    programme, budget = PROGRAMME.stream(promised.programme), BUDGET.stream(promised.programme)
    streams = (programme,) if promised.programme else ()
    compiled: dict[int, CompiledRules] = {}

    looking = Looking(promised.programme)

    def react(work: Work, recorded: Recorded) -> None:
        """Decide on the account; the new events happened when the purchase did."""
        context = Context(
            recorded.occurred_at,
            work.now,
            correlation=recorded.meta.get("correlation"),
            causation=recorded.id,
            traceparent=recorded.meta.get("traceparent"),
        )
        rulebook = Rulebook(work.state(PROGRAMME, programme), compiled) if streams else None
        command = command_for(recorded, work.now, promised, rulebook)
        stream = ACCOUNT.stream(recorded.subject)
        who = recorded.subject
        if not isinstance(command, Judge) or not command.rulebook.shares(recorded.occurred_at):
            events = work.handle(ACCOUNT, stream, command, subject=who, context=context)
            book_tier(work, promised.programme, who, events, context)
            looking.look(work, who, command, events, context)
            return
        before = work.state(ACCOUNT, stream).earnings
        asked = command.with_budgets(work.state(BUDGET, budget).used)
        events = work.handle(ACCOUNT, stream, asked, subject=who, context=context)
        book_tier(work, promised.programme, who, events, context)
        looking.look(work, who, asked, events, context)
        uses = used_between(before, work.state(ACCOUNT, stream).earnings)
        if uses:
            work.handle(BUDGET, budget, UseBudget(promised.programme, uses), subject=budget, context=context)

    return Policy(
        name="purchases",
        source=event_source(CONTACT),
        key=lambda recorded: recorded.subject,
        needs=lambda recorded: (
            ACCOUNT.stream(recorded.subject),
            *tier_streams(promised.programme, recorded.subject),
            *looking.streams(recorded.subject),
        ),
        react=react,
    )
