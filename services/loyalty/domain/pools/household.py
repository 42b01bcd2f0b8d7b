"""Which pool a customer is in: one at most. A stream `household-<customer>`, written together with the pool's."""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

from msgspec import Struct

from shared.decider import Decider
from shared.errors import Rejected


class HouseholdEntered(Struct, frozen=True):
    """The customer is in the pool from now on."""

    customer_id: UUID
    pool_id: str


class HouseholdLeft(Struct, frozen=True):
    """The customer is no longer in the pool."""

    customer_id: UUID
    pool_id: str


Event = HouseholdEntered | HouseholdLeft


class Enter(Struct, frozen=True):
    """Be in a pool."""

    customer_id: UUID
    pool_id: str


class Leave(Struct, frozen=True):
    """Be in it no longer."""

    customer_id: UUID
    pool_id: str


Command = Enter | Leave


class Household(Struct, frozen=True):
    """The pool; None: none."""

    pool_id: str | None = None


def decide(command: Command, household: Household) -> Sequence[Event]:
    """Return the events that obey `command`. Raises Rejected for a second pool."""
    match command:
        case Enter(customer_id, pool_id):
            must_be_free(household, pool_id)
            return () if household.pool_id else (HouseholdEntered(customer_id, pool_id),)
        case Leave(customer_id, pool_id):
            return (HouseholdLeft(customer_id, pool_id),) if household.pool_id == pool_id else ()
        case _:
            assert_never(command)


def must_be_free(household: Household, pool_id: str) -> None:
    """Refuse who is in another pool."""
    if household.pool_id not in (None, pool_id):
        raise Rejected("in-another-pool", "The member is in another pool: one can be in one at a time. Leave it first.")


def evolve(_: Household, event: Event) -> Household:
    """Return the household as it is after `event`."""
    return Household(event.pool_id if isinstance(event, HouseholdEntered) else None)


HOUSEHOLD: Decider[Command, Event, Household] = Decider("household", Household(), decide, evolve)
