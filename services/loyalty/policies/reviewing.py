"""What the staff decides about a member: that a suspicion was right or wrong, that they are blocked, or no longer."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.abuse.acts import Kind
from services.loyalty.domain.abuse.watch import WATCH, Block, Review, Unblock
from services.loyalty.domain.ledger.commands import Unfreeze
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.withheld import Clear, Deny
from services.loyalty.policies.watching import Watching, freeze
from shared.errors import Missing
from shared.policies.policy import Work
from shared.store.contract import Context


class Found(Struct, frozen=True):
    """What someone found who looked at a suspicion."""

    kind: Kind
    act_id: str
    cleared: bool
    reason: str
    actor: str


def review(work: Work, watching: Watching, context: Context, found: Found) -> Sequence[Any]:
    """Keep what was found; points that were withheld come free, or are taken back."""
    owner = _owner(work, watching, found)
    asked = (UUID(owner), found.kind, found.act_id, found.cleared, found.reason, found.actor)
    events = [*work.handle(WATCH, WATCH.stream(owner), Review(*asked), subject=owner, context=context)]
    for lot in _withheld(work, owner, found) if events else ():
        events += _settle(work, watching, context, lot, found)
    return events


def _settle(work: Work, watching: Watching, context: Context, lot: str, found: Found) -> Sequence[Any]:
    """Clear or take back a lot, in the account of whoever has it, of those who are one."""
    for member in watching.members:
        account = ACCOUNT.stream(member)
        if lot in work.state(ACCOUNT, account).kept:
            who = UUID(member)
            command = Clear(who, lot, work.now) if found.cleared else Deny(who, lot, found.reason, work.now)
            return work.handle(ACCOUNT, account, command, subject=member, context=context)
    return ()


def block(work: Work, watching: Watching, context: Context, reason: str, actor: str) -> Sequence[Any]:
    """Block the member, and freeze what is open; who is blocked already stays so."""
    who = watching.customer_id
    _must_be_members(work, watching)
    if _blocked(work, watching):
        return ()
    frozen = freeze(work, watching.members, reason, actor, context)
    command = Block(UUID(who), reason, actor, froze=frozen)
    return work.handle(WATCH, WATCH.stream(who), command, subject=who, context=context)


def unblock(work: Work, watching: Watching, context: Context, reason: str, actor: str) -> Sequence[Any]:
    """Lift every block of those who are one; what a block has frozen thaws, and nothing else."""
    _must_be_members(work, watching)
    events: list[Any] = []
    for who in _blocked(work, watching):
        stream = WATCH.stream(who)
        made = work.state(WATCH, stream).blocked
        events += work.handle(WATCH, stream, Unblock(UUID(who), reason, actor), subject=who, context=context)
        for owner in made.froze if made else ():
            account = ACCOUNT.stream(owner)
            if not work.state(ACCOUNT, account).closed:
                thaw = Unfreeze(owner, reason, actor, work.now)
                events += work.handle(ACCOUNT, account, thaw, subject=str(owner), context=context)
    return events


def _blocked(work: Work, watching: Watching) -> list[str]:
    return [member for member in watching.members if work.state(WATCH, WATCH.stream(member)).blocked]


def _must_be_members(work: Work, watching: Watching) -> None:
    if not any(work.state(ACCOUNT, ACCOUNT.stream(member)).customer_id for member in watching.members):
        raise Missing("member-unknown", f"Customer {watching.customer_id} is no member. Enrol them with PUT first.")


def _owner(work: Work, watching: Watching, found: Found) -> str:
    """Return whose act it was, of those who are one; the one who is asked about where it was nobody's."""
    for member in watching.members:
        decided = work.state(WATCH, WATCH.stream(member)).decided
        if any((item.kind, item.act_id) == (found.kind, found.act_id) for item in decided):
            return member
    return watching.customer_id


def _withheld(work: Work, owner: str, found: Found) -> list[str]:
    decided = work.state(WATCH, WATCH.stream(owner)).decided
    return [lot for item in decided for lot in item.lots if (item.kind, item.act_id) == (found.kind, found.act_id)]
