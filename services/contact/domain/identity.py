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


class IdentifierReleased(Struct, frozen=True):
    """The identifier behind `keyed_hash` is nobody's any more: whoever brings it next is someone new."""

    customer_id: UUID
    type: str
    keyed_hash: str


class ReleaseIdentifier(Struct, frozen=True):
    """Release an identifier, if it is this customer's."""

    customer_id: UUID
    type: str
    keyed_hash: str


class ClaimIdentifier(Struct, frozen=True):
    """Claim an identifier for a customer."""

    customer_id: UUID
    type: str
    keyed_hash: str


class Identity(Struct, frozen=True):
    """Whose the identifier is, None while it is nobody's; and whose it was before it was last released."""

    customer_id: UUID | None = None
    former: UUID | None = None


Event = IdentifierClaimed | IdentifierReleased
Command = ClaimIdentifier | ReleaseIdentifier


def decide(command: Command, identity: Identity) -> Sequence[Event]:
    """The first claim wins, a repeat is quiet, another customer's is refused; only its owner releases it."""
    if isinstance(command, ReleaseIdentifier):
        ours = identity.customer_id == command.customer_id
        return (IdentifierReleased(command.customer_id, command.type, command.keyed_hash),) if ours else ()
    if identity.customer_id == command.customer_id:
        return ()
    if identity.customer_id is not None:
        raise Rejected(
            "identifier-taken",
            f"This {command.type} identifier belongs to customer {identity.customer_id}."
            " Use that customer, or merge the two.",
        )
    return (IdentifierClaimed(command.customer_id, command.type, command.keyed_hash),)


def evolve(identity: Identity, event: Event) -> Identity:
    """Return the identity as it is after the event."""
    return Identity(event.customer_id) if isinstance(event, IdentifierClaimed) else Identity(None, event.customer_id)


IDENTITY = Decider("identity", Identity(), decide, evolve)
