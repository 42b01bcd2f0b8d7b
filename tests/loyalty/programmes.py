"""Sentences about programmes and their versions, for the tests of loyalty."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msgspec import structs

from services.loyalty.domain.programme.commands import Publish
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.events import ProgrammePublished
from services.loyalty.domain.programme.points_currency import PointsCurrency, Value
from services.loyalty.domain.rules.amounts import PerAmount
from services.loyalty.domain.rules.language import Base, Rule, RuleSet

POINTS = PointsCurrency("points", value=Value(Decimal("0.01"), "EUR"))
TIER = PointsCurrency("tier-points", "qualifying")
BASE = Rule(id="base", on=("purchase",), effects=(Base(PerAmount(1)),))
SHOP = Document("shop", "The shop", (POINTS, TIER), "Europe/Berlin", earning=RuleSet((BASE,)))


def month(number: int, day: int = 1) -> datetime:
    return datetime(2026, number, day, tzinfo=UTC)


def earning(*rules: Rule, **more: Any) -> Document:
    """The shop, with other rules."""
    return structs.replace(SHOP, earning=RuleSet(rules, **more))


def giving(points: int) -> Document:
    """The shop, with so many points for each euro."""
    return earning(Rule(id="base", on=("purchase",), effects=(Base(PerAmount(points)),)))


def publish(document: Document, effective_from: datetime, now: datetime | None = None, confirmed: str = "") -> Publish:
    return Publish(document, effective_from, effective_from if now is None else now, confirmed)


def published(
    document: Document, number: int, effective_from: datetime, *, back_dated: bool = False
) -> ProgrammePublished:
    return ProgrammePublished("shop", number, effective_from, document, back_dated)
