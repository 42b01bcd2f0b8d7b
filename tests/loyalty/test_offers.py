"""An offer that makes no sense is refused, and the fault names its field."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.loyalty.domain.rewards.offer import Conversion, Fulfilment, Kind, Limit, Supply, Worth
from services.loyalty.domain.rewards.soundness import faults
from tests.loyalty.loyalty_facts import NOW
from tests.loyalty.reward_facts import SENT, VOUCHER, offer
from tests.loyalty.told_faults import places

EURO = Worth(Decimal(5), "EUR")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("titles", {"titles": {}}),
        ("titles", {"titles": {"English": "A mug"}}),
        ("titles.en", {"titles": {"en": "  "}}),
        ("titles.en", {"titles": {"en": "m" * 201}}),
        ("price", {"price": 0}),
        ("price", {"price": 2**63}),
        ("tier_prices.gold", {"tier_prices": {"gold": 0}}),
        ("tier_prices", {"tier_prices": {"Gold!": 90}}),
        ("points_currency", {"points_currency": "Miles"}),
        ("closes_at", {"opens_at": NOW, "closes_at": NOW}),
        ("limit.count", {"limit": Limit(0)}),
        ("limit.days", {"limit": Limit(1, 0)}),
        ("limit.days", {"limit": Limit(1, 3651)}),
        ("fulfil_within_hours", {"fulfilment": Fulfilment.EXTERNAL}),
        ("fulfil_within_hours", {"fulfilment": Fulfilment.EXTERNAL, "fulfil_within_hours": 8761}),
        ("fulfil_within_hours", {"fulfil_within_hours": 1}),
        ("supply", {"kind": Kind.VOUCHER}),
        ("supply", {"supply": Supply.CODES}),
        ("partner", {"kind": Kind.PARTNER_REWARD}),
        ("partner", {"partner": "Sky Air"}),
        ("conversion", {"kind": Kind.CONVERSION, "partner": "sky-air"}),
        ("conversion", {"conversion": Conversion(10, "miles")}),
        ("conversion", {"kind": Kind.CONVERSION, "partner": "sky-air", "conversion": Conversion(0, "miles")}),
        ("worth", {"worth": Worth(Decimal(0), "EUR")}),
        ("worth", {"worth": Worth(Decimal(5), "euro")}),
    ],
)
def test_a_fault_names_its_field(field: str, wrong: dict[str, Any]) -> None:
    assert places(faults(offer(**wrong))) == [field]


@pytest.mark.parametrize(
    "sound",
    [
        offer(),
        VOUCHER,
        SENT,
        offer(titles={"en": "A mug", "pt-BR": "Uma caneca"}, tier_prices={"gold": 90}, limit=Limit(1, 3650)),
        offer(kind=Kind.PARTNER_REWARD, partner="sky-air", worth=EURO),
        offer(kind=Kind.CONVERSION, partner="sky-air", conversion=Conversion(50, "miles")),
        offer(kind=Kind.DONATION, supply=Supply.UNLIMITED, price=2**63 - 1),
        offer(opens_at=NOW, closes_at=NOW + timedelta(microseconds=1)),
    ],
)
def test_what_makes_sense_has_no_fault(sound: Any) -> None:
    assert faults(sound) == []


def test_all_faults_are_told_at_once() -> None:
    assert [field for field, _ in faults(offer(price=0, titles={}, limit=Limit(0)))] == [
        "titles",
        "price",
        "limit.count",
    ]


def test_a_tier_pays_its_own_price_where_it_has_one() -> None:
    priced = offer(tier_prices={"gold": 90})
    assert [priced.price_for(tier) for tier in (None, "silver", "gold")] == [100, 100, 90]
