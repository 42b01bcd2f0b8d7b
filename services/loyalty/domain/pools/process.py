"""What people do with a pool, over all streams that take part: each step is one atomic append.

A pool has no points: they stay in the lots of its members until someone spends. So a spend asks the members' accounts
and the pool's own stream together, and an account that was only looked at must still be so then.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.ledger.commands import Hold, ReverseSpend, Spend
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.policies import LapsePolicy
from services.loyalty.domain.pools.belonging import is_foreign
from services.loyalty.domain.pools.commands import NoteReversal, NoteSpend
from services.loyalty.domain.pools.decide import existing
from services.loyalty.domain.pools.decider import POOL
from services.loyalty.domain.pools.events import Event
from services.loyalty.domain.pools.household import HOUSEHOLD
from services.loyalty.domain.pools.noting import is_known, must_spend, spend_of
from services.loyalty.domain.pools.pool import Pool
from services.loyalty.domain.pools.spending import Person, parts
from services.loyalty.domain.streams import Streams
from shared.errors import Conflict

_OF_A_POOL = "pool "


class Sharing(Struct, frozen=True):
    """A pool, and of each of its members, as they were known to be, the ids of all who are one with them.

    `usual` is the programme of those who chose none.
    """

    pool_id: str
    groups: Mapping[str, tuple[str, ...]]
    usual: str = ""


def spend(streams: Streams, sharing: Sharing, by: UUID, command: Spend) -> Sequence[Event]:
    """Spend from the pool, once for each spend id. Raises Rejected, and then nothing was taken from anyone."""
    pool = existing(streams.state(POOL, sharing.pool_id))
    asked = (command.spend_id, command.points, command.points_currency)
    if is_known(pool, *asked):
        return ()
    must_spend(by, pool)
    named = structs.replace(command, spend_id=name_of(sharing.pool_id, command.spend_id))
    noted = NoteSpend(sharing.pool_id, by, *asked, take(streams, sharing, named))
    return streams.ask(POOL, sharing.pool_id, noted, POOL.stream(sharing.pool_id))


def take(streams: Streams, sharing: Sharing, command: Spend | Hold) -> dict[str, int]:
    """Spend or hold over the members' lots; return of whose account how many points."""
    persons = persons_of(streams, sharing)
    asked = parts(command, persons)
    taken = {owner: part.points for owner, part in asked if streams.ask(ACCOUNT, owner, part, owner)}
    for person in persons:
        for owner in person.accounts:
            if owner not in taken:
                streams.guard(ACCOUNT, owner)  # it was looked at, so it mustn't change meanwhile
    return taken


def take_back(
    streams: Streams, pool_id: str, by: UUID, spend_id: str, now: datetime, lapse: LapsePolicy
) -> Sequence[Event]:
    """Take a spend of the pool back: each has their own part back, in the lots that it came from."""
    pool = existing(streams.state(POOL, pool_id))
    known = spend_of(pool, spend_id)
    events = streams.ask(POOL, pool_id, NoteReversal(pool_id, by, spend_id), POOL.stream(pool_id))
    for owner in known.parts if events else ():
        back = ReverseSpend(UUID(owner), name_of(pool_id, spend_id), now, lapse)
        streams.ask(ACCOUNT, owner, back, owner)
    return events


def persons_of(streams: Streams, sharing: Sharing) -> list[Person]:
    """Return the pool's members, each with all accounts that are one with theirs.

    Members who were merged with each other are one person. Raises Conflict where others are members by now.
    """
    pool = existing(streams.state(POOL, sharing.pool_id))
    if {*map(str, pool.members)} != {*sharing.groups}:
        raise Conflict([POOL.stream(sharing.pool_id)])
    seen: set[str] = set()
    persons = []
    for member, group in sharing.groups.items():
        if member not in seen:
            seen.update(group)
            accounts = {owner: streams.state(ACCOUNT, owner) for owner in group}
            foreign = is_foreign(pool, accounts.values(), sharing.usual)
            persons.append(Person(member, accounts, _elsewhere(streams, pool, sharing.pool_id, group), foreign))
    return persons


def _elsewhere(streams: Streams, pool: Pool, pool_id: str, group: Sequence[str]) -> bool:
    others = [owner for owner in group if UUID(owner) not in pool.members]
    return any(streams.state(HOUSEHOLD, owner).pool_id not in (None, pool_id) for owner in others)


def name_of(pool_id: str, spend_id: str) -> str:
    """Return the name under which accounts know a spend of the pool; no spend of a member's own has a space in it."""
    return f"{_OF_A_POOL}{pool_id} {spend_id}"


def is_of_a_pool(name: str) -> bool:
    """Tell whether a spend of this name is a member's part of a pool's: it goes back with that, never alone."""
    return name.startswith(_OF_A_POOL)
