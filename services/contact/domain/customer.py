"""A customer: known from the first touchpoint, or registered by a program."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from shared.decider import Decider


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
    """Whether the customer is known."""

    registered: bool = False


def decide(command: RegisterCustomer, customer: Customer) -> Sequence[CustomerRegistered]:
    """Register once; a repeat is quiet."""
    if customer.registered:
        return ()
    return (CustomerRegistered(command.customer_id, command.source, command.channel),)


def evolve(customer: Customer, event: CustomerRegistered) -> Customer:
    """Return the customer as it is after the event."""
    return Customer(registered=True)


CUSTOMER = Decider("customer", Customer(), decide, evolve)
