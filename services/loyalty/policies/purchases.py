"""A customer came, bought, gave back, or did something else: enrol them, earn, or take back what was earned."""

from collections.abc import Sequence
from datetime import datetime

from services.loyalty.contracts.contact import (
    CONTACT,
    ActivityRecorded,
    BirthdayTold,
    ConsentChanged,
    CustomerErased,
    CustomerRegistered,
    InteractionRecorded,
    PurchaseRecorded,
    PurchaseRefunded,
)
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.commands import Command, Earn, Enrol, ReverseEarning
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.policies.facts import fact_of
from services.loyalty.policies.judging import Judging, Promised, surroundings
from services.loyalty.policies.profiles import note_told
from shared.policies.policy import EventPolicy, Policy, Work
from shared.store.contract import Recorded
from shared.wire import event_source

_TOLD = ConsentChanged | BirthdayTold | CustomerErased


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
                fact = fact_of(recorded)
                assert fact is not None, "a purchase is a fact"  # noqa: S101 - for the type checker
                return Judge(customer_id, fact, rulebook, now, debt=debt)
            main, declared = document.main.code, document.declared()
            order = (customer_id, source, order_id, amount, currency, recorded.occurred_at, now)
            return Earn(*order, document.terms_of(main), points_currency=main, declared=declared, debt=debt)
        case PurchaseRefunded(customer_id, source, order_id, refund_id, amount):
            part = (customer_id, source, order_id, refund_id, amount)
            return ReverseEarning(*part, now, recorded.occurred_at, debt, rulebook)


def purchases(promised: Promised) -> EventPolicy:
    """Return the policy; what is earned is earned as this is promised."""
    judging = Judging(promised)

    def react(work: Work, recorded: Recorded) -> None:
        """Decide on the account; the new events happened when the purchase, or whatever it is, did."""
        match recorded.event:
            case ConsentChanged() | BirthdayTold() | CustomerErased():
                if judging.rulebook(work, recorded.subject) is not None:
                    note_told(work, judging, recorded)
            case InteractionRecorded() | ActivityRecorded():
                fact = fact_of(recorded)
                assert fact is not None, "both are facts"  # noqa: S101 - for the type checker
                judging.tell(work, fact, recorded.subject, surroundings(work, recorded))
            case _:
                _account(work, recorded)

    def _account(work: Work, recorded: Recorded) -> None:
        who, context = recorded.subject, surroundings(work, recorded)
        promises = judging.promises(work, who)
        book = judging.rules_of(work, promises.programme_id) if promises.programme_id else None
        judging.give(work, command_for(recorded, work.now, promises, book), who, context)

    def needs(recorded: Recorded) -> Sequence[str]:
        told = isinstance(recorded.event, _TOLD)
        profile = (PROFILE.stream(recorded.subject),) if told else ()
        return (*judging.streams(recorded.subject), *profile)

    return Policy(
        name="purchases",
        source=event_source(CONTACT),
        key=lambda recorded: recorded.subject,
        needs=needs,
        react=react,
        personal=judging.opens,
        keeps=judging.keeps,
    )
