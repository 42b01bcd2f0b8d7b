"""The points of a redemption: taken from the accounts of all who are one, and given back to the lots they came from."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.loyalty.domain.ledger.commands import ReverseSpend, Spend
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.together import routes
from services.loyalty.domain.redeeming.redemption import RedemptionMade
from services.loyalty.domain.redeeming.streams import Streams


def spend_id(redemption_id: UUID) -> str:
    """Return the name under which an account knows a redemption's points."""
    return f"redemption:{redemption_id}"


def take(streams: Streams, members: Sequence[str], made: RedemptionMade, now: datetime) -> tuple[UUID, ...]:
    """Spend the points, and return whose they were. Accounts that were only looked at must not change meanwhile."""
    accounts = {member: streams.state(ACCOUNT, member) for member in members}
    command = Spend(made.customer_id, spend_id(made.redemption_id), made.points, f"reward {made.reward_id}", now)
    owners = [
        owner
        for owner, part in routes(command, accounts, str(made.customer_id))
        if streams.ask(ACCOUNT, owner, part, owner)
    ]
    for member in members:
        if member not in owners:
            streams.guard(ACCOUNT, member)
    return tuple(map(UUID, owners))


def give_back(streams: Streams, made: RedemptionMade, now: datetime) -> None:
    """Give spent points back to the lots of those whose they were, whoever is one with whom by now."""
    for owner in made.owners:
        streams.ask(ACCOUNT, owner, ReverseSpend(owner, spend_id(made.redemption_id), now), owner)
