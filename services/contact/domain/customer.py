"""A customer: known from the first touchpoint, or registered by a program; perhaps another one, perhaps erased."""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs

from services.contact.domain import erasure, merging, preferences
from services.contact.domain.erasure import CustomerErased, Erasure, ErasureRequested, FinishErasure, RequestErasure
from services.contact.domain.merging import (
    Absorb,
    AbsorptionEnded,
    CustomerAbsorbed,
    CustomersMerged,
    MergeCustomers,
    MergeUndone,
    Merging,
    UndoMerge,
)
from services.contact.domain.preferences import (
    BirthdayTold,
    ChangeConsent,
    ConsentChanged,
    Preferences,
    TellBirthday,
)
from shared.decider import Decider
from shared.errors import Missing


class CustomerRegistered(Struct, frozen=True):
    """A customer is known from now on; `source` and `channel` say how they first came."""

    customer_id: UUID
    source: str
    channel: str


class RegisterCustomer(Struct, frozen=True):
    """Make a customer known."""

    customer_id: UUID
    source: str
    channel: str


class Customer(Struct, frozen=True):
    """Whether the customer is known, whom they were merged into, how far their erasure has come, what they told."""

    registered: bool = False
    merging: Merging = Merging()
    erasure: Erasure = Erasure.NONE
    preferences: Preferences = Preferences()


Merge = CustomersMerged | MergeUndone | CustomerAbsorbed | AbsorptionEnded
Event = CustomerRegistered | Merge | ErasureRequested | CustomerErased | ConsentChanged | BirthdayTold
Command = (
    RegisterCustomer
    | MergeCustomers
    | UndoMerge
    | Absorb
    | RequestErasure
    | FinishErasure
    | ChangeConsent
    | TellBirthday
)


def decide(command: Command, customer: Customer) -> Sequence[Event]:
    """Register once, a repeat being quiet; merge and undo only who is known; of someone erased record nothing more."""
    if isinstance(command, RequestErasure):
        return erasure.request(command, registered=customer.registered, erasure=customer.erasure)
    if isinstance(command, FinishErasure):
        return erasure.finish(command, customer.erasure)
    erasure.refuse_erased(command.customer_id, customer.erasure)
    if isinstance(command, RegisterCustomer):
        registered = CustomerRegistered(command.customer_id, command.source, command.channel)
        return () if customer.registered else (registered,)
    if not customer.registered:
        raise Missing("customer-unknown", f"There is no customer {command.customer_id}. Register it first.")
    match command:
        case MergeCustomers():
            return merging.merge(command, customer.merging)
        case UndoMerge():
            return merging.undo(command, customer.merging)
        case Absorb():
            return merging.absorb(command)
        case ChangeConsent():
            return preferences.consent(command, customer.preferences)
        case TellBirthday():
            return preferences.birthday(command, customer.preferences)
        case _:
            assert_never(command)


def evolve(customer: Customer, event: Event) -> Customer:
    """Return the customer as it is after the event."""
    match event:
        case CustomerRegistered():
            return structs.replace(customer, registered=True)
        case CustomersMerged() | MergeUndone():
            return structs.replace(customer, merging=merging.after(customer.merging, event))
        case CustomerAbsorbed() | AbsorptionEnded():
            return customer
        case ErasureRequested():
            return structs.replace(customer, erasure=Erasure.REQUESTED)
        case CustomerErased():
            return structs.replace(customer, erasure=Erasure.DONE)
        case ConsentChanged() | BirthdayTold():
            return structs.replace(customer, preferences=preferences.after(customer.preferences, event))
        case _:
            assert_never(event)


CUSTOMER = Decider("customer", Customer(), decide, evolve)
