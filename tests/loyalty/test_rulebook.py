"""A rulebook finds the rules of a programme by number and by moment, and what any of its versions asks for."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.earning.judging import Earnings, with_fact, with_return
from services.loyalty.domain.earning.rulebook import Rulebook, tier_factors
from services.loyalty.domain.earning.words import multiplier_of, sentence_of, trace_of
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.asking import Asked
from services.loyalty.domain.rules.compiled import NO_FACTORS, CompiledRules, TierFactors
from services.loyalty.domain.rules.conditions import InSegment, NearBirthday, WithConsent
from services.loyalty.domain.rules.fact import Fact, Member, Trigger
from services.loyalty.domain.rules.language import Add, Base, Limit, Rule, RuleSet
from services.loyalty.domain.tiers.table import Benefits, Tier, TierTable
from tests.loyalty.loyalty_facts import day
from tests.loyalty.programmes import SHOP, TIER
from tests.loyalty.rule_sets import bought, rule

BASE = rule("base", Base(PerAmount(1)))
BIRTHDAY = rule("birthday", Add(Fixed(50)), on=("birthday",), when=WithConsent(("marketing",)))
SURVEY = rule("survey", Add(Fixed(10)), on=("survey",), when=InSegment(("regular",)))
NEAR = rule("near", Add(Fixed(5)), when=NearBirthday(3))
TIERS = TierTable(
    (Tier("member", 0), Tier("silver", 50), Tier("gold", 100, benefits=Benefits(Decimal("1.5")))),
    currency="tier-points",
)


def version(number: int, since: float, *those: Rule, **more: Any) -> Version:
    return Version(number, day(since), structs.replace(SHOP, earning=RuleSet(those), **more))


FIRST = version(1, 0, BASE, zone="Europe/Berlin", terms={"points": Terms(14)})
SECOND = version(2, 10, BASE, BIRTHDAY, zone="Asia/Tokyo")
THIRD = version(3, 8, BASE, BIRTHDAY, SURVEY, structs.replace(NEAR, budgets=(Limit(9, "day"),)), zone="UTC")
PROGRAMME = Programme((FIRST, SECOND, THIRD))
BOOK = Rulebook(PROGRAMME)
NOTHING = Rulebook(Programme())


def number_at(moment: datetime) -> int | None:
    rules = BOOK.at(moment)
    return None if rules is None else rules.version


def test_of_the_versions_in_effect_the_last_published_counts() -> None:
    assert [number_at(day(at)) for at in (-0.001, 0, 7.999, 8, 10, 99)] == [None, 1, 1, 3, 3, 3]
    assert NOTHING.at(day(0)) is None


def test_a_version_is_found_by_its_number_and_one_that_never_was_is_not() -> None:
    assert [BOOK.numbered(number).version for number in (1, 2, 3)] == [1, 2, 3]
    for number in (0, 4):
        with pytest.raises(LookupError, match=f"^version {number} was never published$"):
            BOOK.numbered(number)
        with pytest.raises(LookupError, match=f"^version {number} was never published$"):
            BOOK.terms(number, "points")


def test_terms_are_those_of_the_currency_in_the_version_and_its_zone() -> None:
    assert BOOK.terms(1, "points") == Terms(14, zone="Europe/Berlin")
    assert BOOK.terms(1, "tier-points") == Terms(zone="Europe/Berlin")
    assert BOOK.terms(2, "points") == Terms(zone="Asia/Tokyo")


def test_a_trigger_is_known_from_the_first_moment_at_which_some_version_has_a_rule_for_it() -> None:
    triggers: tuple[Trigger, ...] = ("purchase", "birthday", "survey", "referral")
    assert [BOOK.knows(trigger) for trigger in triggers] == [True, True, True, False]
    assert [BOOK.since(trigger) for trigger in triggers] == [day(0), day(8), day(8), None]
    assert [BOOK.introduced(trigger) for trigger in triggers] == [1, 2, 3, None]
    assert (NOTHING.knows("purchase"), NOTHING.introduced("purchase")) == (False, None)


def test_a_book_begins_with_the_version_that_counts_from_the_earliest_moment() -> None:
    later = structs.replace(FIRST, effective_from=day(9))
    assert [Rulebook(one).begins for one in (PROGRAMME, Programme((later, SECOND, THIRD)), Programme())] == [
        day(0),
        day(8),
        None,
    ]


def test_the_zone_is_that_of_the_version_of_the_moment_or_of_the_first_to_come() -> None:
    assert [BOOK.zone_at(day(at)) for at in (-5, 3, 9)] == ["Europe/Berlin", "Europe/Berlin", "UTC"]
    assert NOTHING.zone_at(day(0)) == "UTC"
    rules = BOOK.at(day(3))
    assert rules is not None
    assert rules.zone.key == "Europe/Berlin"


def test_whether_members_share_a_limit_is_told_for_a_moment_and_for_ever() -> None:
    assert [BOOK.shares(day(at)) for at in (-5, 3, 9)] == [False, False, True]
    assert [Rulebook(Programme(those)).ever_shares for those in ((), (FIRST, SECOND), (FIRST, SECOND, THIRD))] == [
        False,
        False,
        True,
    ]


def test_what_any_version_asks_of_a_member_is_asked() -> None:
    assert BOOK.asks == Asked(True, True, (3,))
    assert Rulebook(Programme((FIRST,))).asks == NOTHING.asks == Asked()


def test_books_of_one_programme_share_what_was_compiled_and_know_it_again() -> None:
    known: dict[int, CompiledRules] = {}
    one, other = Rulebook(PROGRAMME, known), Rulebook(PROGRAMME, known)
    assert one.numbered(2) is one.numbered(2) is other.numbered(2) is known[2]
    assert one.numbered(2) is not BOOK.numbered(2)
    assert one.of(PROGRAMME)
    assert not one.of(Programme((FIRST, SECOND, THIRD)))
    assert (one.programme_id, Rulebook(Programme()).programme_id) == ("shop", "")


def test_tables_are_there_where_a_version_has_tiers() -> None:
    club = version(1, 0, BASE, tiers=TIERS)
    assert Rulebook(Programme((club,))).tables[-1].table.currency == "tier-points"
    assert not BOOK.tables
    assert not NOTHING.tables


def test_tiers_multiply_what_can_be_spent_where_they_give_more_than_once_as_much() -> None:
    assert tier_factors(SHOP) == NO_FACTORS
    miles = structs.replace(SHOP.currencies[0], code="miles")
    document = structs.replace(SHOP, currencies=(miles, TIER), tiers=TIERS)
    assert tier_factors(document) == TierFactors({"gold": Decimal("1.5")}, ("miles",))


CLUB: Document = structs.replace(SHOP, earning=RuleSet((BASE,)), tiers=TIERS)


def test_what_a_rule_of_a_version_says_is_told_and_for_whom_a_tier_multiplies() -> None:
    assert sentence_of(CLUB, "base", "points", "gold") == ("on purchase: base: 1 points for each full 1 of the amount")
    assert sentence_of(CLUB, "tier-benefit", "points", "gold") == (
        "for gold: multiply: 1.5 times the base in points, as the benefit of the tier"
    )
    assert sentence_of(CLUB, "gone", "points", "gold") == "gone"
    assert [multiplier_of(CLUB, tier) for tier in ("gold", "silver", "none")] == [Decimal("1.5"), 1, 1]
    assert multiplier_of(SHOP, "gold") == 1


def test_how_the_points_of_a_fact_came_about_is_told_with_what_is_left_of_them() -> None:
    book = Rulebook(Programme((Version(1, day(-99), CLUB),)))

    def gold(_: Fact, __: Sequence[Judged]) -> Member:
        return Member("gold")

    earnings = with_fact(Earnings(), bought("10"), book, gold, {})
    assert trace_of(CLUB, earnings.in_order[0]) == [
        "base (version 1): base: 1 points for each full 1 of the amount: 10",
        "tier-benefit (version 1): multiply: 1.5 times the base in points, as the benefit of the tier: 5",
        "in all: 15 points",
    ]
    left = with_return(earnings, "shop:o1", Decimal(4), book).in_order[0]
    assert trace_of(CLUB, left)[-1] == "in all: 9 points"
