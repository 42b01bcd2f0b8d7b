"""Who comes to a pool and who goes, over all streams that take part; each step is one atomic append.

A customer is in one pool at most: their stream `household-<customer>` is written with the pool's.
`group` are the ids of all who are one with the member who asks.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Give, Receive
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import PassedOn, PointsGiven
from services.loyalty.domain.pools.belonging import is_foreign, must_belong
from services.loyalty.domain.pools.commands import CreatePool, DissolvePool, JoinPool, LeavePool
from services.loyalty.domain.pools.decide import existing
from services.loyalty.domain.pools.decider import POOL
from services.loyalty.domain.pools.events import Event, PoolLeft
from services.loyalty.domain.pools.household import HOUSEHOLD, Enter, Leave, must_be_free
from services.loyalty.domain.pools.pool import Pool
from services.loyalty.domain.pools.rules import PoolRules
from services.loyalty.domain.pools.spending import Person, shared
from services.loyalty.domain.streams import Streams
from shared.errors import Missing, Rejected

LEFT = "left the pool"
"""The reason of a gift by which who leaves a pool leaves their points."""


class Leaver(Struct, frozen=True):
    """A member who leaves, the ids of all who are one with them, and what the programme declares of currencies.

    `usual` is the programme of those who chose none.
    """

    customer_id: UUID
    group: tuple[str, ...]
    declared: Declared
    now: datetime
    usual: str = ""


def create(
    streams: Streams, pool_id: str, by: UUID, group: Sequence[str], rules: PoolRules | None, programme: str = ""
) -> Sequence[Event]:
    """Open a pool with its owner as its first member, by the rules of the programme that they belong to."""
    events = streams.ask(POOL, pool_id, CreatePool(pool_id, by, rules, programme), POOL.stream(pool_id))
    return _entered(streams, pool_id, by, group, events)


def join(
    streams: Streams, pool_id: str, by: UUID, group: Sequence[str], now: datetime, usual: str = ""
) -> Sequence[Event]:
    """Join a pool; who is one with a member of it is in it already.

    `usual` is the programme of those who chose none. Raises Rejected where the pool is of another one.
    """
    pool = existing(streams.state(POOL, pool_id))
    if any(UUID(owner) in pool.members for owner in group):
        return ()
    events = streams.ask(POOL, pool_id, JoinPool(pool_id, by, now), POOL.stream(pool_id))
    if events:
        must_belong(pool, streams.state(ACCOUNT, by), usual)
    return _entered(streams, pool_id, by, group, events)


def leave(streams: Streams, pool_id: str, by: UUID, leaver: Leaver) -> Sequence[Event]:
    """Leave a pool, or let someone go; by the pool's rule their points go along, or to its owner."""
    who = leaver.customer_id
    pool = existing(streams.state(POOL, pool_id))
    heirs = [member for member in pool.members if member != who]
    heir = pool.owner if pool.owner != who else next(iter(heirs), None)
    keeps = heir is None or str(heir) in leaver.group or not _can_take(streams.state(ACCOUNT, heir), pool, leaver)
    events = streams.ask(POOL, pool_id, LeavePool(pool_id, by, who, keeps), POOL.stream(pool_id))
    for event in events:
        if isinstance(event, PoolLeft):
            streams.ask(HOUSEHOLD, who, Leave(who, pool_id), who)
            if event.heir is not None:
                _inherit(streams, f"pool {pool_id} {pool.departures + 1}", leaver, event.heir, pool)
    return events


def dissolve(streams: Streams, pool_id: str, by: UUID) -> Sequence[Event]:
    """Close a pool; each has what is theirs."""
    events = streams.ask(POOL, pool_id, DissolvePool(pool_id, by), POOL.stream(pool_id))
    for event in events:
        if isinstance(event, PoolLeft):
            streams.ask(HOUSEHOLD, event.customer_id, Leave(event.customer_id, pool_id), event.customer_id)
    return events


def _entered(
    streams: Streams, pool_id: str, who: UUID, group: Sequence[str], events: Sequence[Event]
) -> Sequence[Event]:
    if not events:
        return ()
    _must_be_open(streams.state(ACCOUNT, who))
    streams.guard(ACCOUNT, who)
    for owner in group:
        must_be_free(streams.state(HOUSEHOLD, owner), pool_id)
        if owner != str(who):
            streams.guard(HOUSEHOLD, owner)
    streams.ask(HOUSEHOLD, who, Enter(who, pool_id), who)
    return events


def _must_be_open(account: Account) -> None:
    if not account.enrolled:
        raise Missing(
            "member-unknown", "Who wants to be in a pool must be a member of the programme: enrol them first."
        )
    if account.closed or account.frozen:
        how = "closed" if account.closed else "frozen"
        raise Rejected(f"account-{how}", f"The account is {how}: its member can't be in a pool.")


def _can_take(account: Account, pool: Pool, leaver: Leaver) -> bool:
    open_ = account.enrolled and not account.closed and not account.frozen
    return open_ and not is_foreign(pool, (account,), leaver.usual)


def _inherit(streams: Streams, name: str, leaver: Leaver, heir: UUID, pool: Pool) -> None:
    """Give the heir what the leaver could have spent; cost and expiry go along."""
    accounts = {owner: streams.state(ACCOUNT, owner) for owner in leaver.group}
    foreign = is_foreign(pool, accounts.values(), leaver.usual)
    person = Person(str(leaver.customer_id), accounts, foreign=foreign)
    for currency in leaver.declared.spendable:
        points = person.gives(leaver.now, currency)
        for owner, part in shared([person], points, leaver.now, currency).items():
            lots = tuple(_given(streams, owner, heir, f"{name} {currency}", part, leaver, currency))
            got = (heir, UUID(owner), f"{name} {currency}", lots, leaver.now, currency)
            streams.ask(ACCOUNT, heir, Receive(*got), heir)


def _given(
    streams: Streams, owner: str, heir: UUID, name: str, points: int, leaver: Leaver, currency: str
) -> Iterator[PassedOn]:
    whole = points if len(leaver.group) > 1 else None
    asked = (UUID(owner), heir, name, points, LEFT, leaver.now, whole, currency, leaver.declared)
    for event in streams.ask(ACCOUNT, owner, Give(*asked), owner):
        if isinstance(event, PointsGiven):
            yield from event.lots
