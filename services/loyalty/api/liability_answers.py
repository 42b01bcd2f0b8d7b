"""What the API gives out about the liability for points, and the method in words."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from msgspec import structs
from pydantic import BaseModel, Field

from services.loyalty.domain.liability.liability import Line
from services.loyalty.domain.liability.of_programme import assumptions_of
from services.loyalty.domain.liability.redemption import CONFIDENCE, LEAST_MONTHS, MATURE
from services.loyalty.domain.liability.total import totals
from services.loyalty.domain.liability.triangle import WINDOW
from services.loyalty.domain.programme.points_currency import PointsCurrency
from services.loyalty.domain.programme.promises import Promises

METHOD = {
    "allocation": "allocated = price x SSP of points / (SSP of goods + SSP of points), where the SSP (stand-alone"
    " selling price) of points = points x value of a point x initial rate (IFRS 15.74, B42; Example 52).",
    "initial rate": "The redemption rate that was expected when the month of issue began; later ones don't change it.",
    "revenue": "allocated x min(1, redeemed / expected), where expected = rate x points, at least what was redeemed,"
    " and at most what was redeemed or still can be; all once nothing more can or will be redeemed (IFRS 15.B46).",
    "liability": "allocated - revenue.",
    "chain-ladder": f"Months of issue that have shown {MATURE:.0%} of what they will, or more: Mack's chain ladder over"
    f" whole months, with an exponential tail up to the end of the points' lives, at most {WINDOW} months.",
    "bornhuetter-ferguson": "Younger months: what was redeemed, and of what is still to come the older months' rate.",
    "programme": f"Fewer than {LEAST_MONTHS} whole months, or no month of issue that is old enough: the rate that the"
    " programme expects, without an interval.",
    "interval": f"{CONFIDENCE:.0%}, lognormal: with Mack's standard error; of younger months also with the spread of"
    " the older months' rates. Neither counts the tail's own error. Totals add up bounds, as if all erred together.",
    "rounding": "Allocated and revenue of each cohort to the money's smallest unit, halves upwards; totals are sums"
    " of these.",
}


class CohortAnswer(BaseModel):
    """The points that were issued in a month; allocated = revenue + liability."""

    month: date = Field(description="The month of issue, by its first day, in the programme's zone.")
    currency: str
    partner: str
    money: str
    issued: int
    reversed: int = Field(description="Taken back with returned goods.")
    redeemed: int
    lapsed: int
    outstanding: int = Field(description="What may still be redeemed: issued - reversed - redeemed - lapsed.")
    price: Decimal = Field(description="What was paid for goods and points, less returns.")
    goods: Decimal = Field(description="What these goods sell for alone.")
    initial_rate: Decimal
    rate: Decimal = Field(description="Which part of issued - reversed is expected to have been redeemed in the end.")
    rate_low: Decimal | None
    rate_high: Decimal | None
    method: Literal["chain-ladder", "bornhuetter-ferguson", "programme"]
    expected: Decimal = Field(description="Points.")
    allocated: Decimal
    revenue: Decimal
    liability: Decimal
    liability_low: Decimal | None
    liability_high: Decimal | None


class TotalAnswer(BaseModel):
    """The sums of the cohorts of one money."""

    money: str
    points: int
    redeemed: int
    lapsed: int
    outstanding: int
    allocated: Decimal
    revenue: Decimal
    liability: Decimal
    low: Decimal
    high: Decimal


class CurrencyAssumed(BaseModel):
    """What is assumed of a currency's points, by the programme that declares them."""

    programme: str | None = Field(description="None: the built-in one.")
    currency: str
    value_of_a_point: Decimal
    money: str | None = Field(description="Of the value; None: in that of each sale.")
    expected_redemption: Decimal


class Assumed(BaseModel):
    """What the programmes assume now; the first three are of the usual programme's main currency."""

    value_of_a_point: Decimal
    expected_redemption: Decimal
    zone: str
    currencies: list[CurrencyAssumed]


class Meta(BaseModel):
    """How far the figures reach."""

    current_at: datetime | None = Field(description="They show all that the topics held at this moment.")


class LiabilityAnswer(BaseModel):
    """The contract liability for points."""

    as_of: datetime
    totals: list[TotalAnswer]
    cohorts: list[CohortAnswer]
    assumed: Assumed
    method: dict[str, str]
    meta: Meta


def liability_answer(
    found: Sequence[Line], as_of: datetime, promised: Sequence[Promises], current: datetime | None
) -> dict[str, Any]:
    """Return the liability as it is shown."""
    return {
        "as_of": as_of,
        "totals": [structs.asdict(total) for total in totals(found)],
        "cohorts": [_cohort(line) for line in found],
        "assumed": _assumed(promised, as_of),
        "method": METHOD,
        "meta": {"current_at": current},
    }


def _assumed(promised: Sequence[Promises], as_of: datetime) -> dict[str, Any]:
    usual = promised[0].at(as_of)
    main = assumptions_of(usual, usual.main.code)
    seen: dict[str, dict[str, Any]] = {}
    for promises in promised:
        for declared in promises.at(as_of).currencies:
            seen.setdefault(declared.code, _currency(promises, declared, as_of))
    return {
        "value_of_a_point": main.value,
        "expected_redemption": main.redemption,
        "zone": usual.zone,
        "currencies": list(seen.values()),
    }


def _currency(promises: Promises, declared: PointsCurrency, as_of: datetime) -> dict[str, Any]:
    found = assumptions_of(promises.at(as_of), declared.code)
    return {
        "programme": promises.programme_id or None,
        "currency": declared.code,
        "value_of_a_point": found.value,
        "money": (declared.value and declared.value.currency) or None,
        "expected_redemption": found.redemption,
    }


def _cohort(line: Line) -> dict[str, Any]:
    return {
        **structs.asdict(line.cohort),
        **structs.asdict(line.position),
        "outstanding": line.position.outstanding,
        "initial_rate": line.initial_rate,
        "rate": line.rate,
        "rate_low": line.rate_low,
        "rate_high": line.rate_high,
        "method": line.method,
        "expected": line.expected,
        "allocated": line.allocated,
        "revenue": line.revenue,
        "liability": line.liability,
        "liability_low": line.low,
        "liability_high": line.high,
    }
