"""What an account says of itself, as of any moment: balance and lots."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from services.loyalty.api.balances import balance_shown
from services.loyalty.api.membership import Members, answered, load_members
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.ledger.lot import NEVER, Lot
from services.loyalty.domain.ledger.movements import Movement
from services.loyalty.domain.ledger.together import all_lots, net
from shared.http import At, Call, documented, scope
from shared.http.moments import Asked

router = APIRouter(prefix="/v1/members/{customer_id}", tags=["account"])


@router.get("/balance", responses=documented(304, 404))
async def show_balance(customer_id: UUID, call: Annotated[Call, scope("loyalty:read")], at: At) -> Response:
    """Show what can be spent, folded from the events that count; points that lapsed by then don't, booked or not."""
    members = await load_members(call, customer_id, at)
    return answered(call, members, balance_shown(call, members, at))


@router.get("/lots", responses=documented(304, 404))
async def show_lots(customer_id: UUID, call: Annotated[Call, scope("loyalty:read")], at: At) -> Response:
    """Show the lots in the order in which they will be spent, and what became of the points of each."""
    members = await load_members(call, customer_id, at)
    lots, main = all_lots(members.accounts), members.declared.main
    # Points that cover a debt are active, and yet not to be spent.
    active = sum(account.net(at.now, main) + account.owed(main) for account in members.accounts.values())
    covering = active - max(0, net(members.accounts, at.now, main))
    body = {"covering_debt": covering, "lots": [lot_body(members, owner, lot, at) for owner, lot in lots]}
    return answered(call, members, body)


def lot_body(members: Members, owner: str, lot: Lot, at: Asked) -> dict[str, Any]:
    """Return a lot: points = pending + active + held + blocked + spent + expired + reversed + transferred."""
    frozen = members.accounts[owner].frozen
    return {
        "lot_id": lot.lot_id,
        "customer_id": owner,
        "gross": lot.gross,
        "net": lot.net,
        "currency": lot.currency,
        "rule_version": lot.rule_version,
        "points_currency": lot.points_currency,
        "points": lot.points,
        "pending": lot.pending(at.now) - lot.withheld(at.now),
        "active": 0 if frozen else lot.active(at.now),
        "blocked": (lot.active(at.now) if frozen else 0) + lot.withheld(at.now),
        "held": lot.held(at.now),
        "spent": lot.spent,
        "expired": lot.expired(at.now),
        "reversed": lot.reversed,
        "transferred": lot.transferred,
        "earned_at": lot.earned_at,
        "awaits": lot.action(at.now) or None,
        "activates_at": None if lot.activates_at == NEVER else lot.activates_at,
        "expires_at": lot.expires_at,
        "rule": lot.rule or None,
        "line": lot.line or None,
        "partner": lot.partner or None,
        "unit_cost": lot.unit_cost,
        "origin": lot.origin or None,
    }


def movement_body(item: Movement) -> dict[str, Any]:
    """Return a movement: what it changed of the balance, and the journal of its event (None: not booked yet)."""
    fact = item.fact
    return {
        "event": fact.event_id if fact else None,
        "type": item.type,
        "occurred_at": item.at,
        "recorded_at": fact.recorded_at if fact else None,
        "points_currency": item.points_currency,
        "points": item.points,
        "balance": item.balance,
        "journal": journal(fact.event) if fact else {},
    }
