"""Points that wait for an action: it comes, for all of them or a part, or it won't come; or that are withheld."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.programme.terms import Terms
from shared.privacy.personal import Personal


class PendingActivated(Struct, frozen=True, omit_defaults=True):
    """The action came, at `acted_at`: `points` of the lot can be spent from `activates_at` until before `expires_at`.

    A part goes into a lot of its own, `into`, as it lives differently from the rest
    (None: it was all that waited). `pending` of them can't be spent yet when this was decided; `terms` are
    those that the lot was earned on.
    """

    customer_id: UUID
    activation_id: str
    lot_id: str
    points: int
    acted_at: datetime
    activates_at: datetime
    balance_after: int
    expires_at: datetime | None = None
    into: str | None = None
    pending: int = 0
    terms: Terms | None = None
    points_currency: str = POINTS


class PendingCancelled(Struct, frozen=True, omit_defaults=True):
    """The action won't come for `points` of the lot: they go back to who gave them."""

    customer_id: UUID
    cancellation_id: str
    lot_id: str
    points: int
    reason: Personal
    balance_after: int
    points_currency: str = POINTS
    partner: str = ""


class PointsWithheld(Struct, frozen=True, omit_defaults=True):
    """The lot's points look suspicious: they can't be spent before `until`, or before someone has looked (None).

    `pending` of them could be spent, or were about to be booked so. Their days and months count from when they can be
    spent: until before `expires_at`, where that is known. They wait for the action `awaits` as well ("": for none),
    which brings them only once they are no longer withheld.
    """

    customer_id: UUID
    lot_id: str
    points: int
    balance_after: int
    pending: int = 0
    until: datetime | None = None
    expires_at: datetime | None = None
    points_currency: str = POINTS
    awaits: str = ""


class PointsCleared(Struct, frozen=True, omit_defaults=True):
    """Someone has looked at the lot's points at `cleared_at`, and nothing is wrong: they wait for their action alone.

    Of points that waited for none it is told by `PendingActivated`.
    """

    customer_id: UUID
    lot_id: str
    points: int
    cleared_at: datetime
    points_currency: str = POINTS
