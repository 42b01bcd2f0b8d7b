"""A movement: decided on one account, or over the accounts of all members who were merged, as one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Response

from services.loyalty.api.balances import balance_of
from services.loyalty.api.membership import canonical
from services.loyalty.api.promises import declared_of
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Command
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.ledger.together import routes
from shared.errors import Conflict
from shared.http import Answer, Call
from shared.http.consistency import token_of
from shared.merging import Group, group
from shared.policies.work import WorkingSet


async def move(call: Call, customer_id: UUID, command: Command, occurred_at: datetime | None = None) -> Response:
    """Give the command to the customer's account, or to those of the group that they belong to."""
    call.must_see(customer_id)
    found = await group(call.kit.pool, str(customer_id))
    if len(found.members) > 1:
        return await _move_together(call, customer_id, found, command, occurred_at)
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
    if call.expected is not None:
        raise Conflict(list(streams.values()))  # an ETag is one account's, and here are several

    def decide(work: WorkingSet) -> Answer:
        accounts = {member: work.state(ACCOUNT, stream) for member, stream in streams.items()}
        written: dict[str, list[Event]] = {}
        context = call.context(occurred_at)
        for owner, asked in routes(command, accounts, str(customer_id)):
            events = work.handle(ACCOUNT, streams[owner], asked, subject=owner, context=context)
            if events:
                written[owner] = [*events]
        for member, stream in streams.items():
            if written and member not in written:
                work.guard(stream, context)
        after = {member: work.state(ACCOUNT, stream) for member, stream in streams.items()}
        tokens = [token_of(streams[owner], work.version(streams[owner])) for owner in written]
        headers = {
            **canonical(call, customer_id, UUID(found.root)),
            **({"Consistency-Token": tokens[-1]} if tokens else {}),
        }
        return _answer(call, after, [event for events in written.values() for event in events], headers)

    return await call.work(streams.values(), decide, personal=streams.values())


def _answer(call: Call, accounts: Mapping[str, Account], events: list[Any], headers: dict[str, str]) -> Answer:
    return Answer(
        {**balance_of(accounts, call.now, declared_of(call)), "events": events}, 201 if events else 200, headers
    )
