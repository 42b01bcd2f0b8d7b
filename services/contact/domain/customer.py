"""A customer: known from the first touchpoint, or registered by a program; perhaps found to be another one."""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs

from services.contact.domain import merging
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
    """Whether the customer is known, and whom they were merged into."""

    registered: bool = False
    merging: Merging = Merging()


Event = CustomerRegistered | CustomersMerged | MergeUndone | CustomerAbsorbed | AbsorptionEnded
Command = RegisterCustomer | MergeCustomers | UndoMerge | Absorb


def decide(command: Command, customer: Customer) -> Sequence[Event]:
    """Register once, a repeat being quiet; merge and undo only who is known."""
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
        case _:
            assert_never(event)


CUSTOMER = Decider("customer", Customer(), decide, evolve)
