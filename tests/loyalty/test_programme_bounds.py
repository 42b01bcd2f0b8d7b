"""A programme's document at its bounds: what is just allowed, what is just too much, and what a fault says."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from services.loyalty.domain.abuse.limits import Blocking, Limits
from services.loyalty.domain.ledger.policies import AdjustmentPolicy, Policies
from services.loyalty.domain.pools.rules import PoolRules
from services.loyalty.domain.programme.decide import EARLIEST, FURTHEST, publication_faults, told
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.points_currency import PointsCurrency, Value
from services.loyalty.domain.programme.programme import Programme, token_of
from services.loyalty.domain.programme.soundness import MOST_CURRENCIES, document_faults, is_zone
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.amounts import Fixed
from services.loyalty.domain.rules.conditions import OfTier
from services.loyalty.domain.rules.fault import Fault
from services.loyalty.domain.rules.language import Add, RuleSet
from services.loyalty.domain.tiers.table import Benefits, Tier, TierTable
from shared.errors import Rejected
from shared.testing.given import given
from tests.loyalty.programmes import BASE, POINTS, SHOP, TIER, earning, giving, month, publish, published
from tests.loyalty.rule_sets import rule

TIERS = TierTable((Tier("member", 0), Tier("gold", 100)), "tier-points")


def found(**changes: Any) -> list[tuple[str, str]]:
    """Return (place, message) of the faults of the shop with these changes; none of them is in a rule."""
    faults = document_faults(structs.replace(SHOP, **changes))
    assert {fault.rule for fault in faults} <= {""}
    return [(fault.at, fault.says) for fault in faults]


def points(**more: Any) -> dict[str, Any]:
    return {"currencies": (structs.replace(POINTS, **more), TIER)}


def currencies(number: int) -> tuple[PointsCurrency, ...]:
    return (POINTS, *(PointsCurrency(f"c{place}") for place in range(1, number)))


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "s" * 32},
        {"name": "S"},
        {"name": "S" * 200},
        {"currencies": currencies(MOST_CURRENCIES)},
        points(code="points", value=Value(Decimal("0.000001"), "EUR")),
        points(value=Value(Decimal("999999.99"), "EUR")),
        points(value=Value(Decimal(1), "EUR"), also_worth=(Value(Decimal(2), "NOK"), Value(Decimal(3), "USD"))),
        points(expected_redemption=Decimal(0)),
        points(expected_redemption=Decimal(1)),
        {"tiers": TIERS},
        {"tiers": structs.replace(TIERS, zone="Europe/Berlin")},
        {"terms": {"points": Terms(14, zone="Europe/Berlin")}},
    ],
)
def test_a_document_may_be_as_large_as_its_bounds(changes: dict[str, Any]) -> None:
    assert found(**changes) == []


CODE = "must be up to 32 small letters, digits and hyphens, a letter first"
AMOUNT = "must be a number above 0, and below a million"
SHARE = "must be a part of all points: 0 to 1"


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"id": "s" * 33}, "/id", CODE),
        ({"name": "S" * 201}, "/name", "must be 1 to 200 characters"),
        ({"zone": "Mars"}, "/zone", "is no time zone: name one such as Europe/Berlin"),
        (
            {"currencies": currencies(MOST_CURRENCIES + 1)},
            "/currencies",
            f"must declare 1 to {MOST_CURRENCIES} point currencies",
        ),
        ({"currencies": (TIER,), "earning": RuleSet()}, "/currencies", "declares no currency that can be spent"),
        ({"currencies": (POINTS, PointsCurrency("c" * 33))}, "/currencies/1/code", CODE),
        ({"currencies": (POINTS, POINTS)}, "/currencies/1/code", "declares points a second time"),
        (points(value=Value(Decimal(1_000_000), "EUR")), "/currencies/0/value/amount", AMOUNT),
        (points(value=Value(Decimal("NaN"), "EUR")), "/currencies/0/value/amount", AMOUNT),
        (
            points(value=Value(Decimal(1), "EURO")),
            "/currencies/0/value/currency",
            "must be an ISO code such as EUR",
        ),
        (
            points(value=Value(Decimal(1), "EUR"), also_worth=(Value(Decimal(2), "EUR"),)),
            "/currencies/0/also_worth/0/currency",
            "tells the value in EUR a second time",
        ),
        (points(expected_redemption=Decimal("1.01")), "/currencies/0/expected_redemption", SHARE),
        (points(expected_redemption=Decimal("-0.01")), "/currencies/0/expected_redemption", SHARE),
        (
            {"terms": {"mils": Terms()}},
            "/terms/mils",
            "refers to the points currency mils, which the programme doesn't declare",
        ),
        (
            {"terms": {"points": Terms(zone="Asia/Tokyo")}},
            "/terms/points/zone",
            "is another zone than the programme's",
        ),
        (
            {"tiers": structs.replace(TIERS, zone="Asia/Tokyo")},
            "/tiers/zone",
            "is another zone than the programme's",
        ),
        ({"tiers": structs.replace(TIERS, currency="miles")}, "/tiers/currency", "'miles' is not declared"),
        ({"terms": {"points": Terms(-1)}}, "/terms/points/pending_days", "must be 0 to 3650 days"),
    ],
)
def test_beyond_its_bounds_it_is_told_where_and_what_it_must_be(changes: dict[str, Any], place: str, says: str) -> None:
    assert found(**changes) == [(place, says)]


def test_the_value_of_points_that_only_qualify_or_that_is_told_elsewhere_alone_is_refused() -> None:
    crowns = Value(Decimal(1), "NOK")
    qualifying = structs.replace(TIER, also_worth=(crowns,))
    elsewhere = "says what a point is worth elsewhere, and value doesn't say what it is"
    assert found(currencies=(POINTS, qualifying)) == [
        ("/currencies/1/value", "is the value of points that can't be spent"),
        ("/currencies/1/also_worth", elsewhere),
    ]
    assert found(**points(value=None, also_worth=(crowns,))) == [("/currencies/0/also_worth", elsewhere)]


def test_rules_know_the_tiers_of_the_document_and_without_a_table_any_name_will_do() -> None:
    asking = earning(BASE, rule("golden", Add(Fixed(5)), when=OfTier(("gold",))))
    assert document_faults(asking) == []
    assert document_faults(structs.replace(asking, tiers=TIERS)) == []
    silver = structs.replace(TIERS, tiers=(Tier("member", 0), Tier("silver", 100)))
    (fault,) = document_faults(structs.replace(asking, tiers=silver))
    assert (fault.at.startswith("/earning/rules/1/when"), fault.rule) == (True, "golden")


def test_a_multiplier_that_is_no_number_is_told_and_none_is_reckoned_with() -> None:
    odd = Tier("gold", 100, benefits=Benefits(Decimal("NaN")))
    places = [at for at, _ in found(tiers=structs.replace(TIERS, tiers=(Tier("member", 0), odd)))]
    assert places == ["/tiers/tiers/1/benefits/multiplier"]


@pytest.mark.parametrize(
    ("name", "is_one"), [("UTC", True), ("Europe/Berlin", True), ("Europe", False), ("", False), ("../UTC", False)]
)
def test_a_zone_is_known_by_its_name(name: str, is_one: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_zone(name) is is_one


def test_a_version_counts_from_1970_at_the_earliest_and_ten_years_from_now_at_the_latest() -> None:
    now, tick = month(5), timedelta(microseconds=1)
    for at in (EARLIEST, now + FURTHEST):
        assert publication_faults(SHOP, at, now, Programme()) == []
    for at in (EARLIEST - tick, now + FURTHEST + tick):
        assert publication_faults(SHOP, at, now, Programme()) == [
            Fault("effective_from", "", "must be a time between 1970 and ten years from now")
        ]


def after(before: Document, document: Document) -> list[Fault]:
    return publication_faults(document, month(5), month(5), PROGRAMME.fold([published(before, 1, month(3))]))


def test_a_next_version_keeps_the_programme_its_currencies_and_its_tiers() -> None:
    assert after(SHOP, structs.replace(SHOP, id="other")) == [Fault("/id", "", "is another programme than shop")]
    assert after(SHOP, structs.replace(SHOP, currencies=(POINTS,))) == [
        Fault(
            "/currencies",
            "",
            "no longer declares tier-points as qualifying, and members may hold such points",
        )
    ]
    club = structs.replace(SHOP, tiers=TIERS)
    assert after(SHOP, club) == after(club, club) == []
    assert after(club, SHOP) == [Fault("/tiers", "", "has no tiers any more, and members may have one")]
    turned = structs.replace(TIERS, tiers=(Tier("member", 0), Tier("silver", 5), Tier("gold", 9)))
    silver = structs.replace(turned, tiers=(Tier("member", 0), Tier("gold", 5), Tier("silver", 9)))
    assert after(structs.replace(SHOP, tiers=turned), structs.replace(SHOP, tiers=silver)) == [
        Fault("/tiers/tiers/1/name", "", "'gold' stood above 'silver' until now, and must not come to stand below it")
    ]


def test_a_fault_of_a_rule_names_it() -> None:
    assert told(Fault("/earning/rules/0/id", "base", "is odd")) == "rule base is odd"
    assert told(Fault("/id", "", "is odd")) == "is odd"


def test_what_needs_a_token_is_told_since_when_the_latest_version_counts() -> None:
    programme = PROGRAMME.fold([published(giving(1), 1, month(3))])
    with pytest.raises(Rejected) as refusal:
        PROGRAMME.decide(publish(giving(2), month(4), month(5)), programme)
    assert refusal.value.detail == (
        "The version would count for a time that has begun, or before one that was published earlier. Version 1 counts"
        " from 2026-03-01T00:00:00Z on. Look at its preview, and publish it with the token that the preview shows."
    )


def test_tiers_and_terms_are_read_in_the_programmes_zone() -> None:
    table = structs.replace(SHOP, tiers=TIERS).tier_table()
    assert (table and table.zone, SHOP.tier_table()) == ("Europe/Berlin", None)
    assert SHOP.terms_of("points").zone == "Europe/Berlin"


def test_a_version_keeps_that_it_was_back_dated() -> None:
    programme = PROGRAMME.fold([published(giving(1), 1, month(3)), published(giving(2), 2, month(2), back_dated=True)])
    assert [version.back_dated for version in programme.versions] == [False, True]


def test_a_token_is_short_enough_to_be_copied() -> None:
    assert re.fullmatch("[0-9a-f]{32}", token_of(Programme(), SHOP, month(3)))


def test_a_version_for_the_very_moment_of_one_to_come_takes_its_place_without_a_token() -> None:
    history = (published(giving(1), 1, month(3)), published(giving(2), 2, month(7)))
    given(PROGRAMME, *history).when(publish(giving(3), month(7), month(5))).then(published(giving(3), 3, month(7)))


def test_what_is_wrong_with_its_sections_is_told_by_their_places() -> None:
    wrong = structs.replace(
        SHOP,
        policies=Policies(adjustment=AdjustmentPolicy(-1)),
        abuse=Limits(blocking=Blocking(0, 1)),
        pools=PoolRules(1),
    )
    assert document_faults(wrong) == [
        Fault(
            "/policies/adjustment/alone",
            "",
            "must be 0 or more points, and below 2^63; null: nobody needs a second person",
        ),
        Fault("/abuse/blocking/suspicions", "", "must be at least 1"),
        Fault("/pools/most", "", "must lie between 2 and 20"),
    ]
