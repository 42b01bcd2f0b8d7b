"""Gifts: points go from one member to another, both accounts written together or not at all."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.balances import balance_of
from services.loyalty.api.membership import canonical
from services.loyalty.api.movements import Name, Points, PointsCurrency, Reason
from services.loyalty.api.promises import currency_among, judging_of
from services.loyalty.api.watched import by_programme, watched, watching_of
from services.loyalty.domain.abuse.acts import Act, Kind
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Give, Receive
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event, PassedOn
from services.loyalty.domain.ledger.giving import must_take
from services.loyalty.domain.ledger.together import routes
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.policies.watching import Watching, look, look_back
from shared.errors import Conflict
from shared.http import Answer, Call, documented, scope
from shared.http.consistency import token_of
from shared.merging import Group, group
from shared.policies.work import WorkingSet
from shared.store.contract import Context

router = APIRouter(prefix="/v1/members/{customer_id}/transfers", tags=["transfers"])


class Gift(BaseModel):
    """Points for another member."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "transfer_id": "t-1",
                    "to": "01a20db2-d109-7179-85d7-a28579cd97c1",
                    "points": 10,
                    "reason": "birthday",
                }
            ]
        }
    )

    transfer_id: Name
    to: UUID = Field(description="The member who gets them.")
    points: Points
    reason: Reason
    currency: str | None = PointsCurrency


@router.post("", status_code=201, responses=documented(200, 404, 409, 412))
async def give_points(customer_id: UUID, gift: Gift, call: Annotated[Call, scope("loyalty:write")]) -> Response:
    """Give points to another member, for good: cost and expiry go with them. Answers the giver's balance."""
    call.must_see(customer_id)
    asked = (customer_id, gift.to, gift.transfer_id, gift.points, gift.reason, call.now, None)
    judging = judging_of(call)
    giving = await group(call.kit.pool, str(customer_id))
    getting = await group(call.kit.pool, str(gift.to))
    if call.expected is not None:
        raise Conflict([ACCOUNT.stream(customer_id)])  # an ETag is one account's, and here are several
    streams = {member: ACCOUNT.stream(member) for member in (*giving.members, *getting.members)}
    ends = (watching_of(call, customer_id, giving.members), watching_of(call, gift.to, getting.members))
    loaded = [*streams.values(), *(stream for end in ends for stream in end.streams)]

    def made(promises: Promises) -> Give:
        document = promises.at(call.now)
        declared = document.declared()
        return Give(*asked, currency_among(declared, gift.currency), declared, document.policies.transfer)

    def decide(work: WorkingSet) -> Answer:
        command = made(judging.promises(work, str(customer_id)))
        answer = _Giving(call, work, streams, command, giving, getting).decide()
        if answer.status == 201:
            giver, receiver = (by_programme(end, judging.promises(work, end.customer_id)) for end in ends)
            _look(work, giver, receiver, command, call.context())
        return answer

    # Gifts to and fro between two members wait in one line: else each would make all others decide anew.
    line = min(ACCOUNT.stream(giving.root), ACCOUNT.stream(getting.root))
    return await watched(
        call, lambda: call.work([*loaded, *judging.usual], decide, personal=streams.values(), line=line)
    )


def _look(work: WorkingSet, giver: Watching, receiver: Watching, command: Give, context: Context) -> None:
    """Judge the gift at both ends; what is received can only be suspected."""
    if giver.programme:
        name = f"{command.customer_id}:{command.transfer_id}"
        look(work, giver, Act(Kind.TRANSFER, command.transfer_id, command.now, command.points), context)
        look_back(work, receiver, Act(Kind.RECEIPT, name, command.now, command.points), (), context)


class _Giving:
    """One gift, decided over the accounts of who gives and who gets."""

    def __init__(
        self,
        call: Call,
        work: WorkingSet,
        streams: dict[str, str],
        command: Give,
        giving: Group,
        getting: Group,
    ) -> None:
        self._call = call
        self._work = work
        self._streams = streams
        self._command = command
        self._giving = giving
        self._getting = getting
        self._context = call.context()

    def decide(self) -> Answer:
        asked = str(self._command.customer_id)
        accounts = self._accounts(self._giving)
        written: dict[str, list[Event]] = {}
        for owner, part in routes(self._command, accounts, asked):
            events = self._work.handle(ACCOUNT, self._streams[owner], part, subject=owner, context=self._context)
            if events:
                written[owner] = [*events]
        if written:
            self._receive([event for events in written.values() for event in events])
        for member in self._giving.members:
            if written and member not in written:
                self._work.guard(self._streams[member], self._context)
        return self._answer(written)

    def _receive(self, given: list[Event]) -> None:
        lots: tuple[PassedOn, ...] = tuple(part for event in given for part in getattr(event, "lots", ()))
        receiver = self._receiver()
        command = self._command
        got = (UUID(receiver), command.customer_id, command.transfer_id, lots, command.now, command.points_currency)
        stream = self._streams[receiver]
        self._work.handle(ACCOUNT, stream, Receive(*got), subject=receiver, context=self._context)

    def _receiver(self) -> str:
        """Return whose account gets the points: that of who is named, else of a member whom they were merged with."""
        accounts = self._accounts(self._getting)
        named = str(self._command.to)
        found = next((name for name in (named, *accounts) if accounts[name].enrolled), named)
        must_take(accounts[found])
        return found

    def _accounts(self, of: Group) -> dict[str, Account]:
        return {member: self._work.state(ACCOUNT, self._streams[member]) for member in of.members}

    def _answer(self, written: dict[str, list[Event]]) -> Answer:
        body = balance_of(self._accounts(self._giving), self._call.now, self._command.declared)
        events = [event for events in written.values() for event in events]
        tokens = [token_of(self._streams[owner], self._work.version(self._streams[owner])) for owner in written]
        headers = {
            **canonical(self._call, self._command.customer_id, UUID(self._giving.root)),
            **({"Consistency-Token": tokens[-1]} if tokens else {}),
        }
        return Answer({**body, "events": events}, 201 if events else 200, headers)
