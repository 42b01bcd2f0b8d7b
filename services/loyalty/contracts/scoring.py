"""What loyalty reads of scoring: the class of a customer by value, and by activity."""

from uuid import UUID

from msgspec import Struct

from shared.events import Catalogue


class CustomerScored(Struct, frozen=True):
    """What a customer is worth, together with the `members` whom they stand for."""

    customer_id: UUID
    tier: str
    members: tuple[UUID, ...] = ()


class ActivityChanged(Struct, frozen=True):
    """How active a customer is by now."""

    customer_id: UUID
    after: str


SCORING = Catalogue("scoring", {"customer-scored.v1": CustomerScored, "activity-changed.v1": ActivityChanged})
