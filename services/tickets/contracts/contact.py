"""What tickets reads of contact: who was in touch, how, and about what."""

from uuid import UUID

from msgspec import Struct

from shared.events import Catalogue
from shared.privacy.personal import Personal


class InteractionRecorded(Struct, frozen=True):
    """The company and the customer were in touch."""

    customer_id: UUID
    channel: str
    topic: str | None = None
    summary: Personal | None = None
    invented: bool = False


CONTACT = Catalogue("contact", {"interaction-recorded.v1": InteractionRecorded})
