"""What is asked of a simulation: which programme, which period, and what is to count instead."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from services.loyalty.domain.programme.document import Document


class Asked(Struct, frozen=True, omit_defaults=True):
    """Play the facts of since <= time < until under a whole `document`, or with a `patch` of each version that counted.

    Neither: under the rules as they were, which shows what really happened. The
    `members` most affected are named. What the document's own text says of rules stays what it is.
    """

    programme_id: str
    since: datetime
    until: datetime
    document: Document | None = None
    patch: dict[str, Any] | None = None
    members: int = 20

    def covers(self, moment: datetime) -> bool:
        """Tell whether what happens at the moment is played."""
        return self.since <= moment < self.until
