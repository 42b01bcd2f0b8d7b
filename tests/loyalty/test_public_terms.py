"""Cases worked out by hand from the published terms of programmes that many know, as they stood at the time named."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from services.loyalty.domain.ledger.commands import NoteActivity
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.liability.allocation import allocated
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.tiers.earnings import Earning, of
from services.loyalty.domain.tiers.history import tier_at
from services.loyalty.domain.tiers.record import Record
from services.loyalty.domain.tiers.table import Tier
from tests.loyalty.loyalty_facts import ANNA, NOW, day, earn, history_of, spend
from tests.loyalty.tier_facts import earned, on, table

VIENNA, SEATTLE = "Europe/Vienna", "America/Los_Angeles"


def lapses(terms: Terms, earned_on: str) -> datetime:
    """Return the first moment, in the programme's zone, at which what was earned at noon of a day can't be spent."""
    zone = ZoneInfo(terms.zone)
    noon = datetime.fromisoformat(f"{earned_on}T12:00").replace(tzinfo=zone).astimezone(UTC)
    ends = terms.expires_at(noon)
    assert ends is not None
    return ends.astimezone(zone)


def midnight(day_named: str, zone: str) -> datetime:
    return datetime.fromisoformat(day_named).replace(tzinfo=ZoneInfo(zone))


def test_starbucks_stars_of_a_december_expire_on_the_first_of_july() -> None:
    """Starbucks Rewards, terms of use: six months after the calendar month; their example is 15 December 2020."""
    stars = Terms(valid_months=6, to_month_end=True, zone=SEATTLE)
    assert lapses(stars, "2020-12-15") == midnight("2021-07-01", SEATTLE)
    assert lapses(stars, "2020-08-31") == midnight("2021-03-01", SEATTLE)


@pytest.mark.parametrize(
    ("collected", "gone"),
    [("2019-01-15", "2022-10-01"), ("2019-09-30", "2022-10-01"), ("2019-10-01", "2023-10-01")],
)
def test_payback_points_lapse_once_a_year_when_they_are_three_years_old(collected: str, gone: str) -> None:
    """PAYBACK Austria, questions on lapsing: on 30 September 2022, whatever was collected before 1 October 2019."""
    assert lapses(Terms(valid_months=36, ends_on="09-30", zone=VIENNA), collected) == midnight(gone, VIENNA)


def test_payback_takes_the_oldest_points_first() -> None:
    """The same page: what has lain in the account longest is redeemed first."""
    terms = Terms(valid_months=36, ends_on="09-30", zone=VIENNA)
    orders = [earn("new", "200", 300, terms=terms), earn("old", "150", 0, now=301, terms=terms)]
    account = ACCOUNT.fold(history_of(*orders, spend("s1", 200, 302)))
    assert {name: lot.spent for name, lot in account.lots.items()} == {"shop:old": 150, "shop:new": 50}


def test_aadvantage_miles_live_while_something_is_earned_or_redeemed_every_18_months() -> None:
    """AAdvantage (2017): each activity moves the end of all miles that live to 18 months from then."""
    terms = Terms(inactive_months=18)
    flown = history_of(earn("o1", "5000", terms=terms))
    assert ACCOUNT.fold(flown).balance(on("2027-07-05")) == 5000
    assert ACCOUNT.fold(flown).balance(on("2027-07-06")) == 0  # 18 months after 5 January 2026, 9:30
    active = [*flown, *ACCOUNT.decide(NoteActivity(ANNA, day(500), day(500)), ACCOUNT.fold(flown))]
    assert ACCOUNT.fold(active).balance(on("2028-11-19")) == 5000  # day 500 is 20 May 2027
    assert on("2026-01-05T09:30") == NOW
    assert ACCOUNT.fold(active).balance(on("2028-11-21")) == 0


HYATT = table(
    Tier("member", 0),
    Tier("discoverist", 25_000, events=10),
    Tier("explorist", 50_000, events=30),
    Tier("globalist", 100_000, events=60),
    grace_months=2,
)
"""World of Hyatt (2019): base points or nights of a calendar year; kept to the end of February after the next year."""


def hyatt(moment: str, *stays: Earning) -> str:
    return tier_at(Record(of(stays)), HYATT, on(moment))


def test_hyatt_asks_for_nights_or_points_and_keeps_a_tier_to_the_end_of_a_february() -> None:
    spring, summer = earned("2019-04-01", 18_000, events=22), earned("2019-07-01", 9_000, events=8)
    assert hyatt("2019-03-31", spring, summer) == "member"
    assert hyatt("2019-04-01", spring, summer) == "discoverist"  # 22 nights
    assert hyatt("2019-07-01", spring, summer) == "explorist"  # 30 nights, with no more than 27,000 points
    assert hyatt("2021-02-28T23:59", spring, summer) == "explorist"
    assert hyatt("2021-03-01", spring, summer) == "member"


def test_hyatt_counts_points_where_the_nights_are_few() -> None:
    conference = earned("2019-05-01", 100_000, events=3)
    assert hyatt("2019-05-01", conference) == "globalist"
    assert hyatt("2019-05-01", earned("2019-05-01", 99_999, events=3)) == "explorist"


def test_ifrs_15_example_50_an_option_that_gives_a_material_right() -> None:
    """IE250-IE253: 40 % off the next purchases of CU50 on average, where all get 10 %; four of five will use it.

    The voucher is worth CU50 x 30 % x 80 % = CU12 beside a product of CU100: of CU100 paid, CU11 are for it.
    """
    voucher = Decimal(50) * Decimal("0.30") * Decimal("0.80")
    share = allocated(Decimal(100), Decimal(100), voucher)
    assert voucher == 12
    assert [round(share), round(100 - share)] == [11, 89]
