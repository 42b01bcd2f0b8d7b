"""A programme's file: read without guessing, refused by the place of what doesn't fit, compared in words."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from msgspec import structs

from rapport.programme_file import read_programme
from services.loyalty.domain.programme.difference import difference
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.reading import document_of
from services.loyalty.domain.programme.soundness import document_faults
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.compiled import compiled
from services.loyalty.domain.rules.conditions import OfTier
from services.loyalty.domain.rules.evaluate import effects
from services.loyalty.domain.rules.fact import Fact, Line, Member
from services.loyalty.domain.rules.language import Add, Base, Limit, Multiply, Rule, RuleSet, Stacking
from shared.errors import Invalid
from tests.architecture.project import ROOT
from tests.loyalty.programmes import BASE, SHOP, earning, month
from tests.loyalty.rule_sets import MEMBERS, facts

SHIPPED = ("airline", "shop")
PLAIN: dict[str, Any] = {
    "id": "shop",
    "name": "The shop",
    "currencies": [{"code": "points"}],
    "earning": {"rules": [{"id": "a", "on": ["purchase"], "effects": [{"type": "cap", "points": 5}]}]},
}


def shipped(name: str) -> Document:
    return document_of(read_programme(ROOT / "services" / "loyalty" / "programmes" / f"{name}.yaml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_programme_reads_and_has_no_fault(name: str) -> None:
    document = shipped(name)
    assert (document.id, document_faults(document)) == (name, [])
    assert len(document.earning.rules) >= 10


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=30, deadline=None)
@for_all(fact=facts(), member=MEMBERS)
def test_a_shipped_programme_judges_any_fact(name: str, fact: Fact, member: Member) -> None:
    document = shipped(name)
    assert effects(compiled(document.earning, document.zone), fact, member, {}).version == 1


def test_an_order_at_the_shop_by_hand() -> None:
    shop = shipped("shop")
    # A Saturday in March, in the app: 100 full euros without the gift card, half as much again, 40 euros of
    # garden goods twice more, two books, and the step of 100 over the whole order.
    lines = (
        Line("spade", "garden/tools", 1, Decimal("40.50")),
        Line("mower", "garden/machines", 1, Decimal("30.00")),
        Line("novel", "books", 2, Decimal("30.00")),
        Line("card", "gift-cards", 1, Decimal("50.00")),
    )
    fact = Fact(
        "purchase",
        "shop",
        "o1",
        month(3, 6).replace(2027, hour=12),
        Decimal("150.50"),
        "EUR",
        lines=lines,
        channel="app",
    )
    trace = effects(compiled(shop.earning, shop.zone), fact, Member(orders=3), {})
    assert {grant.rule: grant.granted for grant in trace.grants} == {
        "one-per-euro": 100,
        "app-weekend": 50,
        "books": 20,
        "full-basket": 50,
        "garden-season": 80,
    }
    assert trace.granted("points") == 300


def test_a_flight_by_hand() -> None:
    airline = shipped("airline")
    # 400 euros of fare in the lightest class and 200 in another, 90 of tax in all: 510 / 600 of each counts.
    lines = (
        Line("OSL-BGO", "flight/economy/light", 1, Decimal(400)),
        Line("BGO-OSL", "flight/economy/flex", 1, Decimal(200)),
    )
    fact = Fact("purchase", "airline", "t1", month(5), Decimal(600), "EUR", Decimal(90), lines=lines)
    trace = effects(compiled(airline.earning, airline.zone), fact, Member("gold", orders=1), {})
    assert (trace.granted("miles"), trace.granted("tier-miles")) == (4 * 510 + 2 * 510, 170)


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"zon": "UTC"}, ""),
        ({"id": 5}, "/id"),
        ({"currencies": [{"code": "points", "kind": "shiny"}]}, "/currencies/0/kind"),
        ({"earning": {"rules": [{"id": "a"}]}}, "/earning/rules/0"),
        ({"earning": {"rules": [{"id": "a", "on": ["sale"], "effects": []}]}}, "/earning/rules/0/on/0"),
        ({"earning": {"caps": [{"points": 1.5, "window": "day"}]}}, "/earning/caps/0/points"),
        ({"earning": {"caps": [{"points": 1, "window": "hour"}]}}, "/earning/caps/0/window"),
        ({"earning": {"caps": [{"points": 1, "window": "day", "pionts": 2}]}}, "/earning/caps/0"),
    ],
)
def test_what_doesnt_fit_is_named_by_a_json_pointer(change: dict[str, Any], at: str) -> None:
    with pytest.raises(Invalid) as refusal:
        document_of({**PLAIN, **change})
    assert [place for place, _ in refusal.value.problems] == [at]


@pytest.mark.parametrize("odd", [None, [], "shop", 5, {}])
def test_what_is_no_document_is_refused(odd: object) -> None:
    with pytest.raises(Invalid):
        document_of(odd)


def test_a_document_that_lies_too_deep_is_refused_before_anyone_falls_into_it() -> None:
    deep: Any = {"type": "first-purchase"}
    for _ in range(100_000):
        deep = {"type": "not", "of": deep}
    with pytest.raises(Invalid, match="deeper"):
        document_of({**PLAIN, "earning": {"rules": [{"id": "a", "on": ["survey"], "effects": [], "when": deep}]}})


def test_a_file_says_what_it_says_and_nothing_is_guessed(tmp_path: Path) -> None:
    file = tmp_path / "programme.yaml"
    file.write_text("on: [yes, 22:00, 2027-03-01, 0.10, 1_000, ~, 7, true]")
    assert read_programme(file) == {"on": ["yes", "22:00", "2027-03-01", "0.10", "1_000", None, 7, True]}
    file.write_text('{"id": "shop", "rate": 5}')
    assert read_programme(file) == {"id": "shop", "rate": 5}


@pytest.mark.parametrize(
    ("text", "said"),
    [("a: 1\nb: 2\na: 3", "line 3: a stands here twice"), ("a: [1", "line 1"), ("a: !!python/object:x 1", "line 1")],
)
def test_a_file_that_cant_be_read_names_the_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "programme.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=said):
        read_programme(file)


def changes(before: Document | None, after: Document) -> list[tuple[str, str]]:
    return [(change.at, change.says) for change in difference(before, after)]


FIVE = Add(Fixed(5))
SPRING = Rule(id="spring", on=("purchase",), effects=(FIVE,), until=date(2027, 1, 1))


def test_a_first_version_is_told_whole() -> None:
    assert changes(None, SHOP) == [
        ("", "programme shop begins: The shop"),
        ("/earning/rules/base", "rule base is new: on purchase: base: 1 points for each full 1 of the amount"),
    ]


def test_no_change_is_none_and_neither_is_another_order() -> None:
    assert changes(SHOP, SHOP) == []
    assert changes(earning(BASE, SPRING), earning(SPRING, BASE)) == []


def test_rules_that_come_change_and_go_are_told_in_sentences() -> None:
    changed = structs.replace(SPRING, effects=(Add(Fixed(6)),), priority=2)
    assert changes(SHOP, earning(BASE, SPRING)) == [
        ("/earning/rules/spring", "rule spring is new: on purchase until before 2027-01-01: add: 5 points")
    ]
    assert changes(earning(BASE, SPRING), earning(BASE, changed)) == [
        (
            "/earning/rules/spring",
            "rule spring said: on purchase until before 2027-01-01: add: 5 points;"
            " now: on purchase until before 2027-01-01: add: 6 points",
        ),
        ("/earning/rules/spring/priority", "new: 2"),
    ]
    assert changes(earning(BASE, SPRING), SHOP) == [("/earning/rules/spring", "rule spring is gone")]


def test_whatever_else_changes_is_told_by_its_place() -> None:
    after = structs.replace(
        SHOP,
        name="Our shop",
        terms={"points": Terms(14)},
        currencies=(structs.replace(SHOP.currencies[0], name="Points"), *SHOP.currencies[1:]),
        earning=RuleSet((structs.replace(BASE, caps=(Limit(9, "day"),)),), Stacking(multiply="best")),
    )
    assert changes(SHOP, after) == [
        ("/name", "The shop becomes Our shop"),
        ("/currencies/points/name", "new: Points"),
        ("/terms", 'new: {"points":{"pending_days":14}}'),
        ("/earning/stacking", 'new: {"multiply":"best"}'),
        ("/earning/rules/base/caps", 'new: [{"points":9,"window":"day"}]'),
    ]


def test_every_change_of_a_rule_is_told() -> None:
    others = [
        structs.replace(SPRING, on=("survey",)),
        structs.replace(SPRING, effects=(FIVE, FIVE)),
        structs.replace(SPRING, effects=(Add(Fixed(5), "tier-points"),)),
        structs.replace(SPRING, effects=(Base(PerAmount(1)), Multiply(Decimal(2)))),
        structs.replace(SPRING, name="Spring"),
        structs.replace(SPRING, when=OfTier(("gold",))),
        structs.replace(SPRING, priority=1),
        structs.replace(SPRING, groups=("g",)),
        structs.replace(SPRING, since=date(2026, 1, 1)),
        structs.replace(SPRING, until=None),
        structs.replace(SPRING, caps=(Limit(1, "day"),)),
        structs.replace(SPRING, budgets=(Limit(1, "day"),)),
    ]
    assert [len(difference(earning(SPRING), earning(other))) for other in others] == [1] * len(others)
