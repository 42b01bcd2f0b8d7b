"""What can be asked about points that look suspicious: withhold them, clear them, or take them back."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from shared.privacy.personal import Personal


class Withhold(Struct, frozen=True):
    """Let nobody spend a lot's points before `until` (None: before someone has looked)."""

    customer_id: UUID
    lot_id: str
    now: datetime
    until: datetime | None = None


class Clear(Struct, frozen=True):
    """Let the points of a lot be spent that were withheld."""

    customer_id: UUID
    lot_id: str
    now: datetime


class Deny(Struct, frozen=True):
    """Take back the points of a lot that were withheld: the suspicion was right."""

    customer_id: UUID
    lot_id: str
    reason: Personal
    now: datetime
