"""A movement: decided on one account, or over the accounts of all members who were merged, as one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Response

from services.loyalty.api.balances import balance_of
from services.loyalty.api.membership import canonical
from services.loyalty.api.promises import declared_of, programme_of
from services.loyalty.api.watched import watched, watching_of
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Command
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.together import routes
from services.loyalty.policies.acts import Watched, look_at
from services.loyalty.policies.judging import knowing_member
from services.loyalty.policies.tiers import book_tier, tier_streams
from shared.errors import Conflict
from shared.http import Answer, Call
from shared.http.consistency import token_of
from shared.merging import Group, group
from shared.policies.work import WorkingSet


async def move(call: Call, customer_id: UUID, command: Command, occurred_at: datetime | None = None) -> Response:
    """Give the command to the customer's account, or to those of the group that they belong to."""
    call.must_see(customer_id)
    found = await group(call.kit.pool, str(customer_id))
    if len(found.members) > 1 or (programme_of(call) and isinstance(command, Watched)):
        return await watched(call, lambda: _move_together(call, customer_id, found, command, occurred_at))
    return await call.handle(
        ACCOUNT,
        ACCOUNT.stream(customer_id),
        command,
        subject=str(customer_id),
        occurred_at=occurred_at,
        answer=lambda outcome: _answer(call, {str(customer_id): outcome.state}, list(outcome.events), {}),
    )


async def _move_together(
    call: Call, customer_id: UUID, found: Group, command: Command, occurred_at: datetime | None
) -> Response:
    """Decide over all accounts as they are together, and append to each owner's, all or nothing.

    Accounts that are only read must still be as they were read when the others
    are written: so of twenty spends at once no two can spend the same points.
    """
    streams = {member: ACCOUNT.stream(member) for member in found.members}
    watching = watching_of(call, customer_id, found.members)
    if call.expected is not None and len(streams) > 1:
        raise Conflict(list(streams.values()))  # an ETag is one account's, and here are several

    def decide(work: WorkingSet) -> Answer:
        if call.expected not in (None, *(work.version(stream) for stream in streams.values())):
            raise Conflict(list(streams.values()))
        accounts = {member: work.state(ACCOUNT, stream) for member, stream in streams.items()}
        written: dict[str, list[Event]] = {}
        context = call.context(occurred_at)
        for owner, routed in routes(command, accounts, str(customer_id)):
            asked = knowing_member(work, routed, owner, context) if isinstance(routed, Judge) else routed
            events = work.handle(ACCOUNT, streams[owner], asked, subject=owner, context=context)
            if events:
                written[owner] = [*events]
                book_tier(work, programme_of(call), owner, events, context)
        events = [event for found in written.values() for event in found]
        look_at(work, watching, command, events, context)
        for member, stream in streams.items():
            if written and member not in written:
                work.guard(stream, context)
        after = {member: work.state(ACCOUNT, stream) for member, stream in streams.items()}
        version = work.version(streams[str(customer_id)]) if len(streams) == 1 else None
        tokens = [token_of(streams[owner], work.version(streams[owner])) for owner in written]
        headers = {
            **canonical(call, customer_id, UUID(found.root)),
            **({"Consistency-Token": tokens[-1]} if tokens else {}),
            **({"ETag": f'"{version}"'} if version is not None else {}),
        }
        return _answer(call, after, events, headers)

    also = [stream for member in streams for stream in tier_streams(programme_of(call), member)]
    return await call.work([*streams.values(), *also, *watching.streams], decide, personal=streams.values())


def _answer(call: Call, accounts: Mapping[str, Account], events: list[Any], headers: dict[str, str]) -> Answer:
    return Answer(
        {**balance_of(accounts, call.now, declared_of(call)), "events": events}, 201 if events else 200, headers
    )
