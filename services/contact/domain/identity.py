"""An identity: which customer an identifier belongs to. Its stream has one winner, whoever races."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from shared.decider import Decider
from shared.errors import Rejected


class IdentifierClaimed(Struct, frozen=True):
    """The identifier behind `keyed_hash` belongs to the customer."""

    customer_id: UUID
    type: str
    keyed_hash: str


class ClaimIdentifier(Struct, frozen=True):
    """Claim an identifier for a customer."""

    customer_id: UUID
    type: str
    keyed_hash: str


class Identity(Struct, frozen=True):
    """Whose the identifier is; None while nobody has claimed it."""

    customer_id: UUID | None = None


def decide(command: ClaimIdentifier, identity: Identity) -> Sequence[IdentifierClaimed]:
    """The first claim wins; the same claim again is quiet; another customer's is refused."""
    if identity.customer_id == command.customer_id:
        return ()
    if identity.customer_id is not None:
        raise Rejected(
            "identifier-taken",
            f"This {command.type} identifier belongs to customer {identity.customer_id}."
            " Use that customer, or merge the two.",
        )
    return (IdentifierClaimed(command.customer_id, command.type, command.keyed_hash),)


def evolve(identity: Identity, event: IdentifierClaimed) -> Identity:
    """Return the identity as it is after the event."""
    return Identity(event.customer_id)


IDENTITY = Decider("identity", Identity(), decide, evolve)
