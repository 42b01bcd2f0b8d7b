"""An account's standing: frozen, unfrozen, closed for good."""

from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.ledger.currencies import POINTS
from shared.privacy.personal import Personal


class AccountFrozen(Struct, frozen=True):
    """From now on nothing can be spent, held, captured or given; what is active is blocked. It goes on earning."""

    customer_id: UUID
    reason: Personal
    actor: str


class AccountUnfrozen(Struct, frozen=True):
    """What was blocked can be spent again, as far as it hasn't lapsed."""

    customer_id: UUID
    reason: Personal
    actor: str


class PointsForfeited(Struct, frozen=True, omit_defaults=True):
    """All points of one currency lapsed, and what was owed is waived, as the account was closed.

    `pending` of them (by lot) could not be spent yet; what had lapsed before is not among them.
    """

    customer_id: UUID
    points: int
    allocations: dict[str, int]
    waived: int
    balance_after: int
    pending: dict[str, int] = {}
    points_currency: str = POINTS


class AccountClosed(Struct, frozen=True):
    """The account is closed for good: it earns, spends and owes nothing any more."""

    customer_id: UUID
    reason: Personal
    actor: str
