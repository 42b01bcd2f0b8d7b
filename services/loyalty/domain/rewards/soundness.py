"""Whether an offer makes sense as a whole; each fault names its field."""

import re
from collections.abc import Iterator

from services.loyalty.domain.ledger.account import LARGEST
from services.loyalty.domain.rewards.offer import Fulfilment, Kind, Offer, Supply
from shared.errors import Invalid

LONGEST_HOURS = 24 * 365
LONGEST_DAYS = 3650
LONGEST_TITLE = 200

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_CURRENCY = re.compile(r"[a-z][a-z0-9-]{0,31}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_MONEY = re.compile(r"[A-Z]{3}")

_ABROAD = (Kind.PARTNER_REWARD, Kind.CONVERSION)
"""Kinds that a partner provides."""

Fault = tuple[str, str]
"""(field, what is wrong with it)."""


def must_be_sound(offer: Offer) -> None:
    """Raise Invalid with all faults, where there are any."""
    found = faults(offer)
    if found:
        raise Invalid(found)


def faults(offer: Offer) -> list[Fault]:
    """Return what is wrong with the offer, by field."""
    return [*_titles(offer), *_prices(offer), *_window(offer), *_limit(offer), *_fulfilment(offer), *_kind(offer)]


def _titles(offer: Offer) -> Iterator[Fault]:
    if not offer.titles:
        yield "titles", "give a title in at least one language"
    for language, title in offer.titles.items():
        if not _LANGUAGE.fullmatch(language):
            yield "titles", "name languages such as en or pt-BR"
        elif not 1 <= len(title.strip()) <= LONGEST_TITLE:
            yield f"titles.{language}", f"must hold 1 to {LONGEST_TITLE} characters"


def _prices(offer: Offer) -> Iterator[Fault]:
    if not _CURRENCY.fullmatch(offer.points_currency):
        yield "points_currency", "must be a point currency such as points"
    prices = {"price": offer.price, **{f"tier_prices.{tier}": price for tier, price in offer.tier_prices.items()}}
    for field, price in prices.items():
        if not 1 <= price <= LARGEST:
            yield field, "must be at least one point, and less than 2^63"
    if any(not _NAME.fullmatch(tier) for tier in offer.tier_prices):
        yield "tier_prices", "name tiers such as gold"


def _window(offer: Offer) -> Iterator[Fault]:
    if offer.opens_at and offer.closes_at and offer.closes_at <= offer.opens_at:
        yield "closes_at", "must be after opens_at"


def _limit(offer: Offer) -> Iterator[Fault]:
    if offer.limit is None:
        return
    if offer.limit.count < 1:
        yield "limit.count", "must be at least 1"
    if offer.limit.days is not None and not 1 <= offer.limit.days <= LONGEST_DAYS:
        yield "limit.days", f"must be 1 to {LONGEST_DAYS} days"


def _fulfilment(offer: Offer) -> Iterator[Fault]:
    hours = offer.fulfil_within_hours
    if offer.fulfilment is Fulfilment.AT_ONCE and hours is not None:
        yield "fulfil_within_hours", "is for external fulfilment alone: leave it out"
    if offer.fulfilment is Fulfilment.EXTERNAL and not (hours and 1 <= hours <= LONGEST_HOURS):
        yield "fulfil_within_hours", f"say within how many hours it is fulfilled: 1 to {LONGEST_HOURS}"


def _kind(offer: Offer) -> Iterator[Fault]:
    if (offer.kind is Kind.VOUCHER) != (offer.supply is Supply.CODES):
        yield "supply", "must be codes for a voucher, and for nothing else"
    if offer.partner is None and offer.kind in _ABROAD:
        yield "partner", f"name the partner who provides a {offer.kind}"
    if offer.partner is not None and not _NAME.fullmatch(offer.partner):
        yield "partner", "must be a partner's id such as sky-air"
    if (offer.kind is Kind.CONVERSION) != (offer.conversion is not None):
        yield "conversion", "say for a conversion what it gives, and for nothing else"
    if offer.conversion is not None and not (offer.conversion.units >= 1 and offer.conversion.unit.strip()):
        yield "conversion", "must give at least one unit of something"
    if offer.worth is not None and (offer.worth.amount <= 0 or not _MONEY.fullmatch(offer.worth.currency)):
        yield "worth", "must be more than nothing, in a currency such as EUR"
