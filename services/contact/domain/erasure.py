"""Erasure: asked for, and done, are facts of the customer; from the first on, nothing more is recorded about them."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from shared.errors import Missing, Rejected


class ErasureRequested(Struct, frozen=True):
    """The customer is to be erased. From now on nothing new is recorded about them."""

    customer_id: UUID


class CustomerErased(Struct, frozen=True):
    """The customer's keys are destroyed: nobody can read any more what was personal about them."""

    customer_id: UUID


class RequestErasure(Struct, frozen=True):
    """Ask for the customer to be erased; a repeat while it is under way is quiet."""

    customer_id: UUID


class FinishErasure(Struct, frozen=True):
    """Say that everything is done."""

    customer_id: UUID


class Erasure(StrEnum):
    """How far a customer's erasure has come."""

    NONE = "none"
    REQUESTED = "requested"
    DONE = "done"


def request(command: RequestErasure, *, registered: bool, erasure: Erasure) -> Sequence[ErasureRequested]:
    """Ask once; what is done can't be asked for again."""
    if not registered:
        raise Missing("customer-unknown", f"There is no customer {command.customer_id}.")
    if erasure is Erasure.DONE:
        raise Rejected("customer-erased", f"Customer {command.customer_id} was erased before: nothing is left of them.")
    return () if erasure is Erasure.REQUESTED else (ErasureRequested(command.customer_id),)


def finish(command: FinishErasure, erasure: Erasure) -> Sequence[CustomerErased]:
    """Finish what was asked for, once."""
    if erasure is Erasure.NONE:
        raise Rejected("erasure-not-requested", f"Nobody asked for customer {command.customer_id} to be erased.")
    return () if erasure is Erasure.DONE else (CustomerErased(command.customer_id),)


def refuse_erased(customer_id: UUID, erasure: Erasure) -> None:
    """Raise Rejected where the customer is erased, or is being erased."""
    if erasure is not Erasure.NONE:
        raise Rejected(
            "customer-erased",
            f"Customer {customer_id} was erased, or is being erased: nothing more can be recorded about them."
            " Whoever comes back is a new customer.",
        )
