"""Spends, and spends that were taken back."""

from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.ledger.events.transfers import PassedOn
from shared.privacy.personal import Personal


class PointsSpent(Struct, frozen=True, omit_defaults=True):
    """Points were spent; `allocations` says how many of which lot.

    Where merged members shared the spend, `whole` is the spend's own size, and
    `points` this member's part of it, which may be none.
    """

    customer_id: UUID
    spend_id: str
    points: int
    reason: Personal
    allocations: dict[str, int]
    balance_after: int
    whole: int | None = None
    points_currency: str = POINTS


class SpendReversed(Struct, frozen=True, omit_defaults=True):
    """A spend was taken back: its points return to their lots; `repaid` of them go to an open debt.

    Lots that lapsed meanwhile take their points back and lose them at once: `forfeited`.
    Where the programme lets them live on, those go into lots of their own: `revived`.
    """

    customer_id: UUID
    spend_id: str
    points: int
    allocations: dict[str, int]
    repaid: dict[str, int]
    balance_after: int
    forfeited: dict[str, int] = {}
    points_currency: str = POINTS
    revived: tuple[PassedOn, ...] = ()
