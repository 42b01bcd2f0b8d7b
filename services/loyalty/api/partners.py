"""Partners: agree, show, list."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from msgspec import structs
from pydantic import BaseModel, ConfigDict, Field

from services.loyalty.api.deciding import Deciding
from services.loyalty.api.staff import must_be_staff
from services.loyalty.domain.partners import process
from services.loyalty.domain.partners.agreement import Agreement, Price
from services.loyalty.domain.partners.commands import Agree, Command
from services.loyalty.domain.partners.decider import PARTNER
from services.loyalty.domain.partners.partner import Partner
from services.loyalty.views.partners import PARTNERS
from shared.errors import Conflict, Missing
from shared.http import Answer, At, Call, Listing, described, documented, scope
from shared.http.consistency import token_of
from shared.http.written import Day, Flag, Whole
from shared.policies.work import WorkingSet

router = APIRouter(prefix="/v1/partners", tags=["partners"])

PartnerId = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9-]{0,63}$")]
PointsCurrency = Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,31}$")]
UnitPrice = Annotated[Decimal, Field(ge=0, lt=10**6, decimal_places=6, description="A decimal string.")]

PARTNER_LIST = Listing(
    PARTNERS,
    filters=("name", "money", "prepaid", "pack", "owed", "closed_until"),
    sorts=("partner_id", "-owed", "owed", "pack"),
)


class PriceBody(BaseModel):
    """What a point costs from a day on."""

    kind: Literal["accrual", "redemption"]
    since: Day
    unit_price: UnitPrice
    points_currency: PointsCurrency = "points"


class AgreementBody(BaseModel):
    """What is agreed; it takes the place of what was agreed before."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Grand Hotel",
                    "money": "EUR",
                    "prices": [{"kind": "accrual", "since": "2026-01-01", "unit_price": "0.015"}],
                }
            ]
        }
    )

    name: str = Field(min_length=1, max_length=200)
    money: str = Field(pattern="^[A-Z]{3}$")
    prices: list[PriceBody] = Field(min_length=1, max_length=500)
    prepaid: Flag = False
    overdraft: Whole = Field(default=0, ge=0, lt=2**63)
    zone: str = Field(default="UTC", max_length=64)

    def read(self) -> Agreement:
        """Return the agreement, for the domain."""
        prices = tuple(Price(price.kind, price.since, price.unit_price, price.points_currency) for price in self.prices)
        return Agreement(self.name, self.money, prices, self.prepaid, self.overdraft, self.zone)


@router.put("/{partner_id}", status_code=201, responses=documented(200, 409, 412))
async def agree_with_partner(
    partner_id: PartnerId, agreement: AgreementBody, call: Annotated[Call, scope("loyalty:write")]
) -> Response:
    """Agree with a partner. What is booked keeps its prices; the settlement's money and zone stay for ever."""
    return await ask(call, partner_id, Agree(partner_id, agreement.read()))


@router.get("", openapi_extra=described(PARTNER_LIST), responses=documented(404))
async def list_partners(call: Annotated[Call, scope("loyalty:read")]) -> Response:
    """List partners and where we stand with each."""
    must_be_staff(call)
    return await PARTNER_LIST.page(call)


@router.get("/{partner_id}", responses=documented(304, 404))
async def show_partner(partner_id: PartnerId, call: Annotated[Call, scope("loyalty:read")], at: At) -> Response:
    """Show a partner as of any moment: what is agreed, what is owed, what is left of its packs."""
    must_be_staff(call)
    loaded = await call.load_at(PARTNER, PARTNER.stream(partner_id), at)
    if loaded.state.agreement is None:
        raise Missing("partner-unknown", f"There is no agreement with {partner_id}.")
    body = {**standing(partner_id, loaded.state), "agreement": structs.asdict(loaded.state.agreement)}
    return call.answer(body, version=loaded.version)


async def ask(call: Call, partner_id: str, command: Command) -> Response:
    """Give a partner a command of the staff's; answer the events and where we stand after them."""
    must_be_staff(call)
    stream = PARTNER.stream(partner_id)

    def decide(work: WorkingSet) -> Answer:
        if call.expected not in (None, work.version(stream)):
            raise Conflict([stream])
        events = process.ask(Deciding(work, call.context(getattr(command, "at", None))), command)
        version = work.version(stream)
        headers = {"ETag": f'"{version}"', "Consistency-Token": token_of(stream, version)}
        body = {**standing(partner_id, work.state(PARTNER, stream)), "events": list(events)}
        return Answer(body, 201 if events else 200, headers)

    if call.kit.handler.known(stream) is None:
        await call.load(PARTNER, stream, subject=stream)  # from its snapshot: a partner's stream may be long
    return await call.work(process.streams_of(command), decide, line=stream)


def standing(partner_id: str, partner: Partner) -> dict[str, Any]:
    """Return where we stand: `owed` by the partner (negative: to it), and the months that aren't closed."""
    closed: date | None = partner.closed_until
    months = [{"month": month, "entries": sums.entries, "total": sums.total} for month, sums in partner.open.items()]
    return {
        "partner_id": partner_id,
        "owed": partner.owes,
        "pack": partner.pack,
        "closed_until": closed,
        "open": sorted(months, key=lambda item: str(item["month"])),
    }
