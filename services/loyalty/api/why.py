"""Why: the events that made a number, when they happened and who caused them, the rule version, the arithmetic."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from services.loyalty.api.account import lot_body, movement_body
from services.loyalty.api.balances import balance_of
from services.loyalty.api.judgements import Judgements, load_judgements
from services.loyalty.api.membership import answered, facts_of, load_members, log_of
from services.loyalty.api.promises import InCurrency, currency_among
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.ledger.explain import arithmetic, unbooked
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.ledger.movements import Movement, movements
from services.loyalty.domain.ledger.together import all_lots
from services.loyalty.domain.ledger.touching import concerns
from shared.errors import Missing
from shared.http import At, Call, documented, scope
from shared.store.contract import Recorded

router = APIRouter(prefix="/v1/members/{customer_id}/why", tags=["account"])

Log = dict[str, Recorded]


@router.get("/balance", responses=documented(304, 404))
async def explain_balance(
    customer_id: UUID, call: Annotated[Call, scope("loyalty:read")], at: At, currency: InCurrency = None
) -> Response:
    """Explain a balance: every event that moved it, and every moment that did, in the order of their times."""
    members = await load_members(call, customer_id, at)
    asked = currency_among(members.declared, currency)
    log = await log_of(call, members, at)
    judgements = await load_judgements(call, log)
    moved = [item for item in movements(facts_of(log), at.now) if item.points_currency == asked]
    body = {
        "name": "balance",
        **balance_of(members.accounts, at.now, members.declared, asked),
        "sum": sum(item.points for item in moved),
        "because": [_moved(item, log, judgements) for item in moved],
    }
    return answered(call, members, body)


@router.get("/{name:path}", responses=documented(304, 404))
async def explain(customer_id: UUID, name: str, call: Annotated[Call, scope("loyalty:read")], at: At) -> Response:
    """Explain a lot, a spend, a refund or an event; of a lot, also what time alone made of it."""
    members = await load_members(call, customer_id, at)
    log = await log_of(call, members, at)
    found = [item for item in log.values() if item.id == name or concerns(item.event, name)]
    if not found:
        raise Missing("nothing-to-explain", f"The account has no lot, spend, refund or event {name}.")
    judgements = await load_judgements(call, log)
    by_time = [item for item in movements(facts_of(log), at.now) if not item.fact and item.about == name]
    body = {
        "name": name,
        "lots": [lot_body(members, owner, lot, at) for owner, lot in all_lots(members.accounts) if lot.lot_id == name],
        "because": [_because(item, judgements) for item in found] + [_moved(item, log, judgements) for item in by_time],
    }
    return answered(call, members, body)


def _moved(item: Movement, log: Log, judgements: Judgements) -> dict[str, Any]:
    if item.fact:
        return {**_because(log[item.fact.event_id], judgements), **movement_body(item)}
    return {**movement_body(item), "rule": None, "trace": None, "arithmetic": unbooked(item)}


def _because(item: Recorded, judgements: Judgements) -> dict[str, Any]:
    event: Event = item.event
    return {
        "event": item.id,
        "service": item.service,
        "type": item.type,
        "occurred_at": item.occurred_at,
        "recorded_at": item.recorded_at,
        "caused_by": item.meta.get("causation"),
        "actor": item.meta.get("actor"),
        "rule": judgements.rule(item),
        "trace": judgements.trace(item),
        "arithmetic": arithmetic(event),
        "journal": journal(event),
    }
