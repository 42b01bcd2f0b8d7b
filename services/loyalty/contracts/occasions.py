"""What loyalty reads of its own log: who became a member, and whose day has come."""

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.events import MemberEnrolled
from services.loyalty.domain.profile.events import DayCame
from shared.events import Catalogue

OCCASIONS = Catalogue(
    "loyalty", {name: kind for name, kind in PUBLISHED.events.items() if kind in (MemberEnrolled, DayCame)}
)
