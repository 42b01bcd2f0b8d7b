"""What an account says of itself: balance, statement, lots, and why."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from services.loyalty.api.members import balance_of, load_member
from services.loyalty.domain.account import spending_order
from services.loyalty.domain.events import Event, NothingEarned, PointsEarned
from services.loyalty.domain.explain import arithmetic, concerns
from services.loyalty.domain.journal import journal
from services.loyalty.domain.ledger import ACCOUNT
from services.loyalty.domain.rules import RULES
from shared.errors import Missing
from shared.http import Call, documented, scope
from shared.store.contract import Recorded

router = APIRouter(prefix="/v1/members/{customer_id}", tags=["account"])

BEGINNING = datetime.min.replace(tzinfo=UTC)


@router.get("/balance", responses=documented(404))
async def show_balance(customer_id: UUID, call: Annotated[Call, scope("loyalty:read")]) -> Response:
    """Show what can be spent now, folded from the account's events."""
    loaded = await load_member(call, customer_id)
    return call.answer({"customer_id": customer_id, **balance_of(loaded.state)}, version=loaded.version)


@router.get("/lots", responses=documented(404))
async def show_lots(customer_id: UUID, call: Annotated[Call, scope("loyalty:read")]) -> Response:
    """Show the lots in the order in which they will be spent."""
    loaded = await load_member(call, customer_id)
    lots = sorted((lot for lot in loaded.state.lots.values() if lot.points), key=spending_order)
    body = [{**msgspec.structs.asdict(lot), "active": lot.active} for lot in lots]
    return call.answer({"customer_id": customer_id, "lots": body}, version=loaded.version)


@router.get("/statement", responses=documented(404, 422))
async def show_statement(
    customer_id: UUID,
    call: Annotated[Call, scope("loyalty:read")],
    since: Annotated[AwareDatetime | None, Query(description="Movements at or after this time.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Movements before this time.")] = None,
) -> Response:
    """Show the movements of a period, by when they happened: opening + movements = closing."""
    loaded = await load_member(call, customer_id)
    events = await call.kit.store.read(ACCOUNT.stream(customer_id))
    start, end = since or BEGINNING, until or call.now
    opening = sum(_points(item) for item in events if item.occurred_at < start)
    movements = [item for item in events if start <= item.occurred_at < end and journal(item.event)]
    body = {
        "customer_id": customer_id,
        "since": since,
        "until": end,
        "opening": opening,
        "movements": [_movement(item) for item in movements],
        "closing": opening + sum(map(_points, movements)),
    }
    return call.answer(body, version=loaded.version)


@router.get("/why/{name:path}", responses=documented(404))
async def explain(customer_id: UUID, name: str, call: Annotated[Call, scope("loyalty:read")]) -> Response:
    """Explain a lot, a spend, a refund or an event: the events that made it, the rule version, the arithmetic."""
    loaded = await load_member(call, customer_id)
    events = await call.kit.store.read(ACCOUNT.stream(customer_id))
    found = [item for item in events if item.id == name or concerns(item.event, name)]
    if not found:
        raise Missing("nothing-to-explain", f"The account has no lot, spend, refund or event {name}.")
    return call.answer({"name": name, "because": [_because(item) for item in found]}, version=loaded.version)


def _points(item: Recorded) -> int:
    return journal(item.event).get("member", 0)


def _movement(item: Recorded) -> dict[str, Any]:
    return {
        "event": item.id,
        "type": item.type,
        "occurred_at": item.occurred_at,
        "recorded_at": item.recorded_at,
        "points": _points(item),
        "journal": journal(item.event),
    }


def _because(item: Recorded) -> dict[str, Any]:
    event: Event = item.event
    return {
        "event": item.id,
        "service": item.service,
        "type": item.type,
        "occurred_at": item.occurred_at,
        "recorded_at": item.recorded_at,
        "caused_by": item.meta.get("causation"),
        "actor": item.meta.get("actor"),
        "rule": _rule(event),
        "arithmetic": arithmetic(event),
        "journal": journal(event),
    }


def _rule(event: Event) -> dict[str, Any] | None:
    if not isinstance(event, PointsEarned | NothingEarned):
        return None
    rule = RULES[event.rule_version]
    return {"name": rule.name, "version": rule.version, "sentence": rule.sentence}
