"""What can happen to a programme: a version is published, and stays for ever."""

from datetime import datetime

from msgspec import Struct

from services.loyalty.domain.programme.document import Document


class ProgrammePublished(Struct, frozen=True, omit_defaults=True):
    """Version `version` counts for what happens from `effective_from` on, until a later version does.

    `back_dated`: it counts for a time that had begun by then, or for which another
    version had been published; whoever published it had seen what that changes.
    """

    programme_id: str
    version: int
    effective_from: datetime
    document: Document
    back_dated: bool = False


Event = ProgrammePublished
