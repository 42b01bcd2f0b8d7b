"""Whose points are meant: those of a customer, or of all who were merged with them, as of a moment."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from fastapi import Response
from msgspec import Struct

from services.loyalty.api.promises import promises_of
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.movements import Fact
from services.loyalty.domain.programme.promises import Promises
from shared.errors import Missing
from shared.http import Call
from shared.http.moments import Asked
from shared.merging import Group, group
from shared.store.contract import Recorded


class Members(Struct, frozen=True, dict=True):
    """The accounts that answer as one: by customer, whether they collect points or not; `root` stands for all.

    `promises` are those made to the one who was asked about, `declared` the point currencies by them.
    """

    asked: UUID
    root: UUID
    loaded: Mapping[str, Account]
    version: int | None
    promises: Promises
    declared: Declared

    @cached_property
    def accounts(self) -> Mapping[str, Account]:
        """The accounts, to be asked often: the ends of their lots are worked out."""
        return {member: account.settled() for member, account in self.loaded.items()}


async def load_members(call: Call, customer_id: UUID, at: Asked) -> Members:
    """Return the accounts as they were at the moment.

    Raises Missing where none of them is a member's, where nothing of them counts
    yet, and where they are another's than the caller's.
    """
    call.must_see(customer_id)
    found = _seen_by(call, await group(call.kit.pool, str(customer_id), at), customer_id)
    loaded = {}
    unknown: Missing | None = None
    for member in found.members:
        try:
            loaded[member] = await call.load_at(ACCOUNT, ACCOUNT.stream(member), at)
        except Missing as missing:
            unknown = missing
    if not any(item.state.enrolled for item in loaded.values()):
        raise unknown or not_a_member(customer_id)
    accounts = {member: item.state for member, item in loaded.items()}
    version = loaded[str(customer_id)].version if len(found.members) == 1 else None
    promises = await promises_of(call, accounts.get(str(customer_id)), at)
    return Members(customer_id, UUID(found.root), accounts, version, promises, promises.at(at.now).declared())


def _seen_by(call: Call, found: Group, customer_id: UUID) -> Group:
    """Leave out those who were one with a customer once, and are no longer: their past isn't that customer's to see."""
    if call.caller.customer is None:
        return found
    members = tuple(member for member in found.members if UUID(member) in call.caller.customers)
    return Group(found.root if found.root in members else str(customer_id), members)


def not_a_member(customer_id: UUID) -> Missing:
    """Return the answer where there is no account."""
    return Missing("member-unknown", f"Customer {customer_id} is no member. Enrol them with PUT first.")


async def log_of(call: Call, members: Members, at: Asked) -> dict[str, Recorded]:
    """Return the events of all their accounts that count at the moment, by name."""
    histories = [await call.kit.store.read(ACCOUNT.stream(member), at=at) for member in members.accounts]
    return {item.id: item for history in histories for item in history}


def facts_of(log: Mapping[str, Recorded]) -> list[Fact]:
    """Return the events as the domain knows them."""
    return [
        Fact(item.id, item.stream, item.type, item.occurred_at, item.recorded_at, item.event) for item in log.values()
    ]


def answered(call: Call, members: Members, body: dict[str, Any]) -> Response:
    """Answer in the name of whoever stands for all; only an account of its own has an ETag."""
    headers = canonical(call, members.asked, members.root)
    return call.answer({"customer_id": members.root, **body}, version=members.version, headers=headers)


def canonical(call: Call, asked: UUID, root: UUID) -> dict[str, str]:
    """Return where the answer belongs, where that isn't the address that was asked."""
    if asked == root:
        return {}
    rest = call.request.url.path.split("/")[4:]
    return {"Content-Location": "/".join(("/v1/members", str(root), *rest))}
