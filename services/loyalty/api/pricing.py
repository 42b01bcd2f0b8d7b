"""What a reward costs one member, whether they can afford it, and how often they may still redeem it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from services.loyalty.api.promises import promises_of
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.together import net
from services.loyalty.domain.redeeming.allowance import ALLOWANCE, Allowance, left
from services.loyalty.domain.rewards.offer import Offer
from services.loyalty.domain.tiers.decider import ENROLMENT, basis_of
from services.loyalty.domain.tiers.of_programme import tables_of
from services.loyalty.domain.tiers.pricing import LIST_PRICE, TierPrice, price_by_tier
from shared.http import Call
from shared.merging import group


class Wallet(Struct, frozen=True):
    """What a member, and all who are one with them, can pay with and has used; `price` is by their tier at `now`."""

    accounts: Mapping[str, Account]
    allowances: Sequence[Allowance]
    now: datetime
    price: TierPrice = LIST_PRICE


async def wallet(call: Call, customer_id: UUID | None) -> Wallet | None:
    """Return the wallet of the customer, by default of whom the token belongs to; None where there is neither."""
    asked = customer_id or call.caller.customer
    if asked is None:
        return None
    call.must_see(asked)
    members = (await group(call.kit.pool, str(asked))).members
    accounts = {member: (await call.load(ACCOUNT, ACCOUNT.stream(member))).state for member in members}
    allowances = [(await call.load(ALLOWANCE, ALLOWANCE.stream(member))).state for member in members]
    return Wallet(accounts, allowances, call.now, await _price(call, asked, accounts))


async def _price(call: Call, asked: UUID, accounts: Mapping[str, Account]) -> TierPrice:
    """Return what redeeming would reckon with: the tier by the programme of who is asked about."""
    promises = await promises_of(call, accounts.get(str(asked)))
    if not tables_of(promises.programme):
        return LIST_PRICE
    bases = [basis_of(promises.programme_id, promises.programme, account) for account in accounts.values()]
    enrolments = [(await call.load(ENROLMENT, ENROLMENT.stream(member))).state for member in accounts]
    return price_by_tier(bases, enrolments, call.now)


def price_body(reward_id: str, offer: Offer, who: Wallet | None) -> dict[str, Any] | None:
    """Return the price for the member; None where nobody is named."""
    if who is None:
        return None
    price = offer.price_for(who.price.tier, who.price.factor)
    balance = max(0, net(who.accounts, who.now, offer.points_currency))
    return {
        "list_price": offer.price,
        "price": price,
        "tier": who.price.tier,
        "affordable": balance >= price,
        "limit_left": left(who.allowances, reward_id, offer.limit, who.now) if offer.limit else None,
    }
