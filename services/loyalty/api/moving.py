"""A movement: decided on one account, or over the accounts of all members who were merged, as one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Response

from services.loyalty.api.balances import balance_of
from services.loyalty.api.membership import canonical
from services.loyalty.api.promises import built_in, judging_of, usual_programme
from services.loyalty.api.watched import by_programme, watched, watching_of
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Command
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.ledger.together import routes
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.policies.acts import look_at
from shared.errors import Conflict
from shared.http import Answer, Call
from shared.http.consistency import token_of
from shared.merging import Group, group
from shared.policies.work import WorkingSet

Make = Callable[[Promises], Command]
"""What is asked, by what its member was promised."""

Needs = Callable[[str], Sequence[str]]
"""The streams of a member that a decision most likely touches; others are read when it asks."""


class OtherProgramme(Exception):
    """The account turned out to be of a member who chose a programme: decide by that one."""


def _by_the_built_in(command: Command, account: Account) -> Sequence[Event]:
    if account.programme:
        raise OtherProgramme
    return ACCOUNT.decide(command, account)


ALONE = replace(ACCOUNT, decide=_by_the_built_in)
"""The account's decider for members who chose no programme, where there is no usual one."""


def _own(member: str) -> Sequence[str]:
    return (ACCOUNT.stream(member),)


async def move(
    call: Call,
    customer_id: UUID,
    make: Command | Make,
    occurred_at: datetime | None = None,
    line: str | None = None,
    needs: Needs = _own,
) -> Response:
    """Give the command to the customer's account, or to those of the group that they belong to.

    A `line` is as in `Call.work`, and `needs` names the streams of each member that are read at once.
    """
    call.must_see(customer_id)
    found = await group(call.kit.pool, str(customer_id))
    made = make if callable(make) else lambda _: make
    if len(found.members) == 1 and not usual_programme(call):
        try:
            return await _move_alone(call, customer_id, made, occurred_at)
        except OtherProgramme:
            pass
    return await watched(call, lambda: _move_together(call, customer_id, found, made, occurred_at, line, needs))


async def _move_alone(call: Call, customer_id: UUID, made: Make, occurred_at: datetime | None) -> Response:
    """Decide on one account by the built-in programme, in a single append where its state is known."""
    promises = Promises(built_in(call))
    return await call.handle(
        ALONE,
        ACCOUNT.stream(customer_id),
        made(promises),
        subject=str(customer_id),
        occurred_at=occurred_at,
        answer=lambda outcome: _answer(
            call, promises.at(call.now).declared(), {str(customer_id): outcome.state}, list(outcome.events), {}
        ),
    )


async def _move_together(
    call: Call,
    customer_id: UUID,
    found: Group,
    made: Make,
    occurred_at: datetime | None,
    line: str | None,
    needs: Needs,
) -> Response:
    """Decide over all accounts as they are together, and append to each owner's, all or nothing.

    Accounts that are only read must still be as they were read when the others
    are written: so of twenty spends at once no two can spend the same points.
    """
    streams = {member: ACCOUNT.stream(member) for member in found.members}
    judging = judging_of(call)
    watching = watching_of(call, customer_id, found.members)
    if call.expected is not None and len(streams) > 1:
        raise Conflict(list(streams.values()))  # an ETag is one account's, and here are several

    def decide(work: WorkingSet) -> Answer:
        if call.expected not in (None, *(work.version(stream) for stream in streams.values())):
            raise Conflict(list(streams.values()))
        accounts = {member: work.state(ACCOUNT, stream) for member, stream in streams.items()}
        promises = judging.promises(work, str(customer_id))
        written: dict[str, list[Event]] = {}
        context = call.context(occurred_at)
        command = made(promises)
        for owner, asked in routes(command, accounts, str(customer_id)):
            events = judging.follow(work, asked, owner, context)
            if events:
                written[owner] = [*events]
        events = [event for found in written.values() for event in found]
        look_at(work, by_programme(watching, promises), command, events, context)
        for member, stream in streams.items():
            if written and member not in written:
                work.guard(stream, context)
        after = {member: work.state(ACCOUNT, stream) for member, stream in streams.items()}
        headers = {**canonical(call, customer_id, UUID(found.root)), **_names(work, streams, written)}
        return _answer(call, promises.at(call.now).declared(), after, events, headers)

    needed = [stream for member in streams for stream in needs(member)]
    return await call.work([*needed, *judging.usual, *watching.streams], decide, personal=streams.values(), line=line)


def _names(work: WorkingSet, streams: Mapping[str, str], written: Mapping[str, Any]) -> dict[str, str]:
    """Return how the answer can be referred to: by the last write, and by the version of an account of its own."""
    tokens = [token_of(streams[owner], work.version(streams[owner])) for owner in written]
    versions = [work.version(stream) for stream in streams.values()]
    return {
        **({"Consistency-Token": tokens[-1]} if tokens else {}),
        **({"ETag": f'"{versions[0]}"'} if len(versions) == 1 else {}),
    }


def _answer(
    call: Call, declared: Declared, accounts: Mapping[str, Account], events: list[Any], headers: dict[str, str]
) -> Answer:
    return Answer({**balance_of(accounts, call.now, declared), "events": events}, 201 if events else 200, headers)
