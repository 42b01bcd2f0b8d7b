"""What counts instead: patches of a programme, which versions they replace, and under which numbers they judge."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.events import PointsEarned, PointsReversed
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.language import Add, Base, RuleSet
from services.loyalty.domain.tiers.earnings import Earning, Reversal
from services.loyalty.domain.tiers.period import ALWAYS
from services.loyalty.domain.tiers.table import Tier, TierTable
from services.loyalty.domain.what_if.alternative import Books, alternative_of
from services.loyalty.domain.what_if.patching import by_id, patched
from services.loyalty.domain.what_if.plain import Plain
from shared.errors import Invalid
from tests.loyalty.loyalty_facts import ANNA, day, earned
from tests.loyalty.programmes import SHOP
from tests.loyalty.rule_sets import rule, rules
from tests.loyalty.what_if_facts import NOW, asked, document

BASE = rules(rule("base", Base(PerAmount(1))))

# Patches.


def patch(**sections: Any) -> Document:
    return patched(document(BASE), sections)


def test_a_patch_merges_what_it_names_and_takes_away_what_it_calls_null() -> None:
    """RFC 7396: an object is merged, anything else replaces what was there."""
    assert patch() == document(BASE)
    assert patch(name="Another").name == "Another"
    assert patch(terms={"points": {"pending_days": 14}}).terms["points"].pending_days == 14
    both = patched(document(BASE), {"terms": {"points": {"pending_days": 14, "valid_months": 24}}})
    fewer = patched(both, {"terms": {"points": {"pending_days": None}}})
    assert (fewer.terms["points"].pending_days, fewer.terms["points"].valid_months) == (0, 24)
    assert patched(both, {"terms": None}).terms == {}
    assert patched(both, {"currencies": [{"code": "points"}, {"code": "miles"}]}).codes() == ("points", "miles")


def test_a_patch_names_rules_by_their_ids_and_new_ones_come_last() -> None:
    new = {"on": ["purchase"], "effects": [{"type": "add", "amount": {"type": "fixed", "points": 7}}]}
    made = patch(earning={"rules": {"more": new, "base": {"priority": 3}}})
    assert [(one.id, one.priority) for one in made.earning.rules] == [("base", 3), ("more", 0)]
    assert made.earning.rules[1].effects == (Add(Fixed(7)),)
    renamed = patch(earning={"rules": {"base": {"id": "other"}}})
    assert [one.id for one in renamed.earning.rules] == ["base"]
    without = structs.replace(document(BASE), earning=RuleSet())
    assert [one.id for one in patched(without, {"earning": {"rules": {"more": new}}}).earning.rules] == ["more"]


@pytest.mark.parametrize(
    ("sections", "place"),
    [
        ({"earning": {"rules": {"base": "x"}}}, "/earning/rules/base"),
        ({"earning": {"rules": [1]}}, "/earning/rules/0"),
        ({"earning": {"rules": "x"}}, "/earning/rules"),
        ({"earning": "x"}, "/earning"),
        ({"earning": {"rules": {"more": {"on": ["sale"], "effects": []}}}}, "/earning/rules/more/on/0"),
        ({"id": None}, ""),
    ],
)
def test_what_comes_of_a_patch_is_refused_by_the_names_of_its_rules(sections: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        patched(document(BASE), sections)
    assert [found for found, _ in refusal.value.problems] == [place]


@pytest.mark.parametrize(
    ("pointer", "named"),
    [
        ("/earning/rules/1", "/earning/rules/b"),
        ("/earning/rules/0/on/0", "/earning/rules/a/on/0"),
        ("/earning/rules/2/on", "/earning/rules/2/on"),
        ("/earning/rules", "/earning/rules"),
        ("/name", "/name"),
    ],
)
def test_a_pointer_to_a_rule_becomes_one_by_its_id(pointer: str, named: str) -> None:
    assert by_id(pointer, ("a", "b")) == named


# Which version counts, and what stands instead of it.


def versions(*since: float, back_dated: tuple[int, ...] = ()) -> Programme:
    return Programme(
        tuple(
            Version(number, day(on), structs.replace(document(BASE), name=f"v{number}"), number in back_dated)
            for number, on in enumerate(since, 1)
        )
    )


def names(programme: Programme, **more: Any) -> list[str]:
    """Return what the documents are called that stand instead, where all that count are called `else`."""
    alternative = alternative_of(asked(patch={"name": "else"}, **more), programme, NOW)
    return [one.name for one in alternative.instead]


def test_only_versions_that_may_have_judged_facts_of_the_period_are_replaced() -> None:
    assert names(versions(-50, -10, 30, 90)) == ["v1", "else", "else", "v4"]
    assert names(versions(-50, 0, 30)) == ["v1", "else", "else"]
    assert names(versions(-50, 0.1)) == ["else", "else"]
    assert names(versions(-50, -10, back_dated=(2,))) == ["else", "else"]
    assert names(versions(-50, 89.9)) == ["else", "else"]


def test_judgements_of_the_period_bear_numbers_of_their_own_that_lead_back() -> None:
    alternative = alternative_of(asked(), versions(-50, 30), NOW)
    numbers = [alternative.number(version, moment) for version, moment in ((1, day(-1)), (1, day(0)), (2, day(90)))]
    assert numbers == [1, 3, 2]
    assert [alternative.original(number) for number in (1, 2, 3, 4)] == [1, 2, 1, 2]
    assert [version.number for version in alternative.numbered().versions] == [1, 2, 3, 4]
    assert [version.effective_from for version in alternative.numbered().versions] == [day(-50), day(30)] * 2
    assert alternative.zone == SHOP.zone


def test_how_many_versions_were_known_is_found_by_the_one_that_judged() -> None:
    books = Books(alternative_of(asked(), versions(-50, 30), NOW))
    assert [books.known_to(number, day(40), 2) for number in (1, 2)] == [1, 2]
    assert (books.known_to(1, day(0), 2), books.known_to(9, day(40), 2), books.known_to(1, day(-99), 2)) == (2, 2, 2)


def test_the_tables_are_those_that_count_instead_each_from_its_time() -> None:
    def club(*thresholds: int) -> TierTable:
        return TierTable((Tier("member", 0), *(Tier(f"t{n}", asks) for n, asks in enumerate(thresholds))), "points")

    programme = Programme(
        (
            Version(1, day(-50), document(BASE, tiers=club(10))),
            Version(2, day(30), document(BASE, tiers=club(20, 30))),
        )
    )
    found = alternative_of(asked(patch={"tiers": {"grace_days": 5}}), programme, NOW).tables()
    assert [(table.since, len(table.table.tiers), table.table.grace_days) for table in found] == [
        (day(-50), 2, 0),
        (day(0), 2, 5),
        (day(30), 3, 5),
    ]


# Orders that no programme judges.


def bought(order: str, points: int, on: float) -> PointsEarned:
    return earned(order, str(points), points, points, on=on)


def test_an_order_of_the_plain_rule_counts_with_what_was_taken_back_of_it() -> None:
    plain = Plain()
    plain.take(bought("o1", 30, 1), day(90))
    plain.take(bought("o2", 5, 90), day(90))
    back = PointsReversed(ANNA, "shop:o1", "shop", "o1", "r1", 9, Decimal(30), Decimal(21), {}, 0, 0)
    plain.take(structs.replace(back, refunded_at=day(3)), day(90))
    plain.take(structs.replace(back, refund_id="r2", points=4), day(90))
    plain.take(structs.replace(back, order_id="o9", lot_id="shop:o9"), day(90))
    plain.take(structs.replace(back, lot_id="shop:o1:base:1"), day(90))
    assert plain.earned("points") == (
        Earning("shop:o1", day(1), 30, reversals=(Reversal("r1", day(3), 9), Reversal("r2", ALWAYS, 4))),
    )
    assert plain.earned("miles") == ()
