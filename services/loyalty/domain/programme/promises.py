"""What a member is promised: the programme that they belong to, and the version of it that counts at a moment."""

from datetime import datetime

from msgspec import Struct

from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import Programme


class Promises(Struct, frozen=True):
    """A programme by its id, with all of its versions; "" where the member belongs to no published one.

    `built_in` counts then, and before the first version of a programme.
    """

    built_in: Document
    programme_id: str = ""
    programme: Programme = Programme()

    def at(self, moment: datetime) -> Document:
        """Return the document that counts for what happens at the moment."""
        version = self.programme.version_at(moment)
        return self.built_in if version is None else version.document
