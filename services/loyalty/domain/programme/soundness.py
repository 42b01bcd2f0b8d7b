"""Whether a programme's document makes sense: faults by JSON pointer, and by the rule where one is concerned."""

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import structs

from services.loyalty.domain.abuse.faults import faults as abuse_faults
from services.loyalty.domain.pools.rules import faults as pool_faults
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.points_currency import PointsCurrency, Value
from services.loyalty.domain.programme.policy_faults import policy_faults
from services.loyalty.domain.programme.terms import Terms, unsound
from services.loyalty.domain.rules.check import faults_of
from services.loyalty.domain.rules.fault import Fault, Known
from services.loyalty.domain.tiers.faults import faults
from services.loyalty.domain.tiers.table import ONE

MOST_CURRENCIES = 20
CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_MONEY = re.compile(r"[A-Z]{3}")


def document_faults(document: Document) -> list[Fault]:
    """Return every fault of the document; one without any can be published."""
    found = [
        *_head(document),
        *_currencies(document),
        *(fault for code, terms in document.terms.items() for fault in _terms(code, terms, document)),
        *(Fault(f"/policies{place}", "", says) for place, says in policy_faults(document.policies)),
    ]
    tiers = None if document.tiers is None else document.tiers.tiers
    names = None if tiers is None else [tier.name for tier in tiers]
    multiplier = max((m for tier in tiers or () if (m := tier.benefits.multiplier).is_finite()), default=ONE)
    rules = faults_of(document.earning, Known(document.codes(), names, multiplier=multiplier))
    return [
        *found,
        *_tiers(document),
        *_conduct(document),
        *(structs.replace(fault, at=f"/earning{fault.at}") for fault in rules),
    ]


def is_zone(name: str) -> bool:
    """Tell whether a time zone is known by this name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _tiers(document: Document) -> Iterator[Fault]:
    if document.tiers is None:
        return
    for place, says in faults(document.tiers, document.codes()):
        yield Fault(f"/tiers{place}", "", says)
    if document.tiers.zone not in ("UTC", document.zone):
        yield Fault("/tiers/zone", "", "is another zone than the programme's")


def _conduct(document: Document) -> Iterator[Fault]:
    for place, says in abuse_faults(document.abuse) if document.abuse else ():
        yield Fault(f"/abuse{place}", "", says)
    for place, says in pool_faults(document.pools) if document.pools else ():
        yield Fault(f"/pools{place}", "", says)


def _head(document: Document) -> Iterator[Fault]:
    if not CODE.fullmatch(document.id):
        yield Fault("/id", "", "must be up to 32 small letters, digits and hyphens, a letter first")
    if not 1 <= len(document.name) <= 200:
        yield Fault("/name", "", "must be 1 to 200 characters")
    if not is_zone(document.zone):
        yield Fault("/zone", "", "is no time zone: name one such as Europe/Berlin")


def _currencies(document: Document) -> Iterator[Fault]:
    if not 1 <= len(document.currencies) <= MOST_CURRENCIES:
        yield Fault("/currencies", "", f"must declare 1 to {MOST_CURRENCIES} point currencies")
    elif all(currency.kind == "qualifying" for currency in document.currencies):
        yield Fault("/currencies", "", "declares no currency that can be spent")
    for place, currency in enumerate(document.currencies):
        at = f"/currencies/{place}"
        if not CODE.fullmatch(currency.code):
            yield Fault(f"{at}/code", "", "must be up to 32 small letters, digits and hyphens, a letter first")
        if document.codes().index(currency.code) < place:
            yield Fault(f"{at}/code", "", f"declares {currency.code} a second time")
        yield from _worth(at, currency)


def _worth(at: str, currency: PointsCurrency) -> Iterator[Fault]:
    if currency.kind == "qualifying" and (currency.value or currency.also_worth):
        yield Fault(f"{at}/value", "", "is the value of points that can't be spent")
    if currency.value is not None:
        yield from _value(f"{at}/value", currency.value)
    elif currency.also_worth:
        yield Fault(f"{at}/also_worth", "", "says what a point is worth elsewhere, and value doesn't say what it is")
    seen = {currency.value.currency} if currency.value else set()
    for place, value in enumerate(currency.also_worth):
        yield from _value(f"{at}/also_worth/{place}", value)
        if value.currency in seen:
            yield Fault(f"{at}/also_worth/{place}/currency", "", f"tells the value in {value.currency} a second time")
        seen.add(value.currency)
    rate = currency.expected_redemption
    if not (rate.is_finite() and 0 <= rate <= 1):
        yield Fault(f"{at}/expected_redemption", "", "must be a part of all points: 0 to 1")


def _value(at: str, value: Value) -> Iterator[Fault]:
    if not (value.amount.is_finite() and 0 < value.amount < 1_000_000):
        yield Fault(f"{at}/amount", "", "must be a number above 0, and below a million")
    if not _MONEY.fullmatch(value.currency):
        yield Fault(f"{at}/currency", "", "must be an ISO code such as EUR")


def _terms(code: str, terms: Terms, document: Document) -> Iterator[Fault]:
    at = f"/terms/{code}"
    if code not in document.codes():
        yield Fault(at, "", f"refers to the points currency {code}, which the programme doesn't declare")
    yield from (Fault(f"{at}/{field}", "", says) for field, says in unsound(terms))
    if terms.zone not in ("UTC", document.zone):
        yield Fault(f"{at}/zone", "", "is another zone than the programme's")
