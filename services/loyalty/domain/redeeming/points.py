"""The points of a redemption: of all who are one, or of a pool; spent or held, and given back to their lots.

A hold is over at the same moment as the time of its redemption, and a spend bears the hold's id.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.loyalty.domain.ledger.commands import Capture, Command, Hold, Release, ReverseSpend, Spend
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.policies import LapsePolicy
from services.loyalty.domain.ledger.together import routes
from services.loyalty.domain.pools import process
from services.loyalty.domain.pools.decide import existing
from services.loyalty.domain.pools.decider import POOL
from services.loyalty.domain.pools.noting import must_spend
from services.loyalty.domain.pools.process import Sharing
from services.loyalty.domain.redeeming.redemption import RedemptionMade
from services.loyalty.domain.streams import Streams

_NAME = re.compile("redemption:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def name_of(redemption_id: UUID) -> str:
    """Return the name under which an account knows a redemption's points."""
    return f"redemption:{redemption_id}"


def is_of_a_redemption(name: str) -> bool:
    """Tell whether a spend or hold of this name is a redemption's: it goes back with that, never alone."""
    return _NAME.fullmatch(name) is not None


def take(
    streams: Streams,
    members: Sequence[str],
    made: RedemptionMade,
    now: datetime,
    declared: Declared,
    sharing: Sharing | None = None,
) -> tuple[UUID, ...]:
    """Spend the points, or hold them while the redemption waits; return whose they were.

    They are of `members`, who are one; or of a pool, of which one of them is a member.
    """
    paid = (made.customer_id, name_of(made.redemption_id), made.points, f"reward {made.reward_id}", now)
    currency = made.points_currency
    command = (
        Hold(*paid, made.expires_at, points_currency=currency, declared=declared)
        if made.expires_at
        else Spend(*paid, points_currency=currency, declared=declared)
    )
    if sharing is not None:
        return _take_of_pool(streams, sharing, members, command)
    owners = _ask(streams, members, made, command)
    for member in members:
        if member not in owners:
            streams.guard(ACCOUNT, member)  # it was looked at, so it mustn't change meanwhile
    return tuple(map(UUID, owners))


def _take_of_pool(
    streams: Streams, sharing: Sharing, members: Sequence[str], command: Spend | Hold
) -> tuple[UUID, ...]:
    pool = existing(streams.state(POOL, sharing.pool_id))
    must_spend(next((who for who in pool.members if str(who) in members), command.customer_id), pool)
    taken = process.take(streams, sharing, command)
    streams.guard(POOL, sharing.pool_id)
    return tuple(map(UUID, taken))


def capture(streams: Streams, made: RedemptionMade, now: datetime) -> None:
    """Spend what is held."""
    _ask_owners(streams, made, Capture(made.customer_id, name_of(made.redemption_id), now))


def release(streams: Streams, made: RedemptionMade, now: datetime) -> None:
    """Let go what is held."""
    _ask_owners(streams, made, Release(made.customer_id, name_of(made.redemption_id), now))


def give_back(streams: Streams, made: RedemptionMade, now: datetime, lapse: LapsePolicy) -> None:
    """Take the spend back; `lapse` says what becomes of points whose lots have lapsed meanwhile."""
    _ask_owners(streams, made, ReverseSpend(made.customer_id, name_of(made.redemption_id), now, lapse))


def _ask_owners(streams: Streams, made: RedemptionMade, command: Command) -> None:
    """Ask those whose points they are, whoever is one with whom by now."""
    _ask(streams, [str(owner) for owner in made.owners], made, command)


def _ask(streams: Streams, members: Sequence[str], made: RedemptionMade, command: Command) -> list[str]:
    accounts = {member: streams.state(ACCOUNT, member) for member in members}
    asked = str(made.customer_id)
    return [owner for owner, part in routes(command, accounts, asked) if streams.ask(ACCOUNT, owner, part, owner)]
