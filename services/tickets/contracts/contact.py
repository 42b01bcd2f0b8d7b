"""What tickets reads of contact: interactions, some of which are complaints."""

from uuid import UUID

from msgspec import Struct

from shared.events import Catalogue


class InteractionRecorded(Struct, frozen=True):
    """The company and the customer were in touch."""

    customer_id: UUID
    channel: str
    topic: str | None = None
    summary: str | None = None
    invented: bool = False


CONTACT = Catalogue("contact", {"interaction-recorded.v1": InteractionRecorded})
