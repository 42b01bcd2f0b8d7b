"""What changes from one version of a programme to the next, told by the place where it stands and in words."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.policies import Policies
from services.loyalty.domain.pools.rules import PoolRules
from services.loyalty.domain.programme.difference import Change, difference
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.points_currency import PointsCurrency, Value
from services.loyalty.domain.programme.reading import DEEPEST, document_of
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.amounts import Fixed
from services.loyalty.domain.rules.language import Add, Limit, Rule, RuleSet, Stacking
from services.loyalty.domain.tiers.table import Tier, TierTable
from shared.errors import Invalid
from tests.loyalty.programmes import BASE, POINTS, SHOP, TIER, earning

TIERS = TierTable((Tier("member", 0), Tier("silver", 100), Tier("gold", 250)), "tier-points")
CLUB = structs.replace(SHOP, tiers=TIERS)
SPRING = Rule(id="spring", on=("purchase",), effects=(Add(Fixed(5)),))


def changes(before: Document | None, after: Document) -> list[tuple[str, str]]:
    return [(change.at, change.says) for change in difference(before, after)]


def worth(*values: tuple[str, str]) -> Document:
    also = tuple(Value(Decimal(amount), money) for amount, money in values)
    return structs.replace(SHOP, currencies=(structs.replace(POINTS, also_worth=also), TIER))


def test_what_has_a_name_is_compared_by_it_in_whatever_order_it_stands() -> None:
    tiers = (Tier("member", 0), Tier("silver", 120), Tier("platinum", 500))
    assert changes(CLUB, structs.replace(SHOP, tiers=structs.replace(TIERS, tiers=tiers))) == [
        ("/tiers/tiers/silver/threshold", "100 becomes 120"),
        ("/tiers/tiers/platinum", 'new: {"name":"platinum","threshold":500}'),
        ("/tiers/tiers/gold", 'gone: {"name":"gold","threshold":250}'),
    ]
    turned = structs.replace(SHOP, currencies=(TIER, POINTS))
    assert changes(SHOP, turned) == []


def test_what_has_no_name_of_its_own_is_compared_by_its_place() -> None:
    assert changes(worth(("0.1", "NOK"), ("2", "USD")), worth(("0.2", "NOK"))) == [
        ("/currencies/points/also_worth/0/amount", "0.1 becomes 0.2"),
        ("/currencies/points/also_worth/1", 'gone: {"amount":"2","currency":"USD"}'),
    ]
    twice = structs.replace(SHOP, currencies=(POINTS, PointsCurrency("points", name="again")))
    thrice = structs.replace(SHOP, currencies=(POINTS, PointsCurrency("points", name="anew")))
    assert changes(twice, thrice) == [("/currencies/1/name", "again becomes anew")]


def test_what_comes_or_goes_whole_is_told_whole() -> None:
    pending = structs.replace(SHOP, terms={"points": Terms(14)})
    assert changes(SHOP, pending) == [("/terms", 'new: {"points":{"pending_days":14}}')]
    assert changes(pending, SHOP) == [("/terms", 'gone: {"points":{"pending_days":14}}')]
    assert changes(pending, structs.replace(SHOP, terms={"points": Terms(15)})) == [
        ("/terms/points/pending_days", "14 becomes 15")
    ]


def test_a_list_of_names_is_told_as_what_it_becomes() -> None:
    former = TierTable((Tier("member", 0), Tier("silver", 100, formerly=("iron",))), "tier-points")
    latter = TierTable((Tier("member", 0), Tier("silver", 100, formerly=("iron", "tin"))), "tier-points")
    assert changes(structs.replace(SHOP, tiers=former), structs.replace(SHOP, tiers=latter)) == [
        ("/tiers/tiers/silver/formerly", '["iron"] becomes ["iron","tin"]')
    ]


def test_what_earns_is_told_beside_how_it_stacks() -> None:
    stacked = RuleSet((SPRING,), Stacking(multiply="best"), caps=(Limit(9, "day"),))
    assert changes(earning(BASE), structs.replace(SHOP, earning=stacked)) == [
        ("/earning/stacking", 'new: {"multiply":"best"}'),
        ("/earning/caps", 'new: [{"points":9,"window":"day"}]'),
        ("/earning/rules/spring", "rule spring is new: on purchase: add: 5 points"),
        ("/earning/rules/base", "rule base is gone"),
    ]
    assert changes(earning(BASE), structs.replace(SHOP, earning=RuleSet())) == [
        ("/earning/rules/base", "rule base is gone")
    ]
    assert [at for at, _ in changes(structs.replace(SHOP, earning=RuleSet()), earning(BASE))] == ["/earning/rules/base"]


def test_a_rule_whose_sentence_stays_is_told_by_what_else_it_says() -> None:
    capped = structs.replace(SPRING, caps=(Limit(9, "day"),), priority=2)
    assert changes(earning(SPRING), earning(capped)) == [
        ("/earning/rules/spring/priority", "new: 2"),
        ("/earning/rules/spring/caps", 'new: [{"points":9,"window":"day"}]'),
    ]
    tighter = structs.replace(capped, caps=(Limit(8, "day"),))
    assert changes(earning(capped), earning(tighter)) == [("/earning/rules/spring/caps/0/points", "9 becomes 8")]


def test_a_first_version_tells_what_it_is_named_what_differs_from_the_usual_its_rules_and_sections() -> None:
    first = structs.replace(earning(SPRING), policies=Policies("cap"), pools=PoolRules(4))
    told = difference(None, first)
    assert told[0] == Change("", "programme shop begins: The shop")
    assert [change.at for change in told[1:]] == [
        "/policies/debt",
        "/earning/rules/spring",
        "/pools/most",
        "/pools/leaving",
        "/pools/spenders",
        "/pools/invitation_days",
    ]
    assert told[3].says == "new: a pool has room for 4 members"


def test_a_section_that_changes_tells_both_and_one_that_goes_tells_what_it_said() -> None:
    four, five = (structs.replace(SHOP, pools=PoolRules(most)) for most in (4, 5))
    assert changes(four, five) == [
        ("/pools/most", "pools said: a pool has room for 4 members; now: a pool has room for 5 members")
    ]
    assert changes(four, SHOP)[0] == ("/pools/most", "gone: a pool has room for 4 members")


PLAIN: dict[str, Any] = {"id": "shop", "name": "The shop", "currencies": [{"code": "points"}]}


def problems(raw: object) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        document_of(raw)
    return [*refusal.value.problems]


def test_what_has_the_wrong_shape_is_told_without_its_place_in_the_sentence() -> None:
    assert problems({**PLAIN, "id": 5}) == [("/id", "Expected `str`, got `int`")]
    assert problems([]) == [("", "Expected `object`, got `array`")]
    assert problems({**PLAIN, "terms": {"points": {"pending_days": "x"}}}) == [
        ("/terms/.../pending_days", "Expected `int`, got `str`")
    ]


def test_a_document_may_lie_as_deep_as_its_bound_and_no_deeper() -> None:
    def nested(depth: int) -> Any:
        inner: Any = "x"
        for _ in range(depth):
            inner = [inner]
        return {**PLAIN, "name": inner}

    assert [at for at, _ in problems(nested(DEEPEST - 1))] == ["/name"]
    assert problems(nested(DEEPEST)) == [("", f"lies deeper than {DEEPEST} lists and objects in one another")]
    deep_object: Any = {}
    for _ in range(DEEPEST):
        deep_object = {"of": deep_object}
    assert [at for at, _ in problems({**PLAIN, "name": deep_object})] == [""]


def test_a_document_that_says_nothing_of_earning_is_one_without_rules() -> None:
    silent = Document("shop", "The shop", SHOP.currencies, "Europe/Berlin")
    assert [change.at for change in difference(silent, SHOP)] == ["/earning/rules/base"]
    assert changes(SHOP, silent) == [("/earning/rules/base", "rule base is gone")]
