"""A member's statement for any period: as JSON for programs, as a page of HTML or as PDF for people."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.loyalty.adapters.statement_html import POLICY, html
from services.loyalty.api.account import movement_body
from services.loyalty.api.membership import Members, answered, canonical, facts_of, load_members, log_of
from services.loyalty.api.promises import InCurrency, currency_among
from services.loyalty.api.statement_paper import Printing, printing_of, revealed
from services.loyalty.domain.ledger.movements import Movement, movements
from services.loyalty.domain.ledger.statement import statement
from services.loyalty.domain.statements.paper import Paper
from services.loyalty.domain.statements.wording import words
from shared.errors import Invalid
from shared.http import At, Call, documented, scope
from shared.http.moments import Asked
from shared.http.negotiation import accepted
from shared.http.written import Written

router = APIRouter(prefix="/v1/members/{customer_id}", tags=["account"])

JSON, HTML, PDF = "application/json", "text/html", "application/pdf"

MOST = {JSON: 10_000, HTML: 10_000, PDF: 2_000}
"""Movements in one statement, by media type: an answer stays small, and a PDF is made within a second or two."""

_PRINTERS = ThreadPoolExecutor(1, "printer")
"""Prints one statement after the other, beside the requests: each of them waits for its own alone."""

_PRINTED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            HTML: {"schema": {"type": "string"}},
            PDF: {"schema": {"type": "string", "format": "binary"}},
        }
    }
}


@router.get("/statement", responses=documented(304, 404, 406) | _PRINTED)
async def show_statement(
    customer_id: UUID,
    call: Annotated[Call, scope("loyalty:read")],
    at: At,
    since: Annotated[Written | None, Query(description="Movements at or after this time.")] = None,
    until: Annotated[Written | None, Query(description="Movements before this time.")] = None,
    currency: InCurrency = None,
) -> Response:
    """Show the movements of a period, by when they happened: opening + movements = closing.

    As JSON of one currency, the main one by default. `Accept: text/html` and `Accept: application/pdf` print all
    currencies, or the one that is named, in words, with what lapses soon and the member's tier. A PDF has Latin, Greek
    and Cyrillic letters: others stand in it as ?, and its last line says that the page shows them.
    """
    if since and until and until < since:
        raise Invalid([("until", "must not be before since")])
    media = accepted(call.request, (JSON, HTML, PDF))
    members = await load_members(call, customer_id, at)
    asked = currency_among(members.declared, currency) if currency or media == JSON else None
    moved = movements(facts_of(await log_of(call, members, at)), at.now)
    printing = await printing_of(call, members, at, (since, until))
    if media == JSON:
        return _json(call, members, at, printing, moved, asked or members.declared.main)
    paper = printing.paper(moved, asked)
    _must_fit(paper.lines, media)
    return await _printed(call, members, await revealed(call, paper), media)


def _json(
    call: Call, members: Members, at: Asked, printing: Printing, moved: list[Movement], currency: str
) -> Response:
    since, until = printing.period
    made = statement([item for item in moved if item.points_currency == currency], since, until)
    _must_fit(len(made.movements), JSON)
    body = {
        "programme": printing.programme or None,
        "currency": currency,
        "since": since,
        "until": until or at.now,
        "opening": made.opening,
        "movements": [_movement_body(item, printing) for item in made.movements],
        "closing": made.closing,
        "lapses": printing.lapses(currency),
    }
    answer = answered(call, members, body)
    answer.headers["Vary"] = "Accept"
    return answer


def _movement_body(item: Movement, printing: Printing) -> dict[str, Any]:
    said = words(item, printing.named)
    return {**movement_body(item), "words": said.says, "reason": said.reason}


def _must_fit(lines: int, media: str) -> None:
    if lines > MOST[media]:
        raise Invalid([("since", f"leaves {lines} movements, and {media} holds {MOST[media]}: ask for a shorter time")])


async def _printed(call: Call, members: Members, paper: Paper, media: str) -> Response:
    printer: Callable[[Paper], bytes] = _pdf if media == PDF else html
    printed = await asyncio.get_running_loop().run_in_executor(_PRINTERS, printer, paper)
    headers = {"Vary": "Accept", "Content-Language": "en", **canonical(call, members.asked, members.root)}
    if media == HTML:
        headers["Content-Security-Policy"] = POLICY
    else:
        headers["Content-Disposition"] = 'inline; filename="statement.pdf"'
    return Response(printed, 200, headers, media)


def _pdf(paper: Paper) -> bytes:
    """Print a PDF; its libraries of fonts and images come with the first one, as most processes never print any."""
    from services.loyalty.adapters.statement_pdf import pdf

    return pdf(paper)
