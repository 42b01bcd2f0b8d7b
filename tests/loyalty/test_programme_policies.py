"""A programme's choices and what it says of a point's worth: read, refused by their place, told in words."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec import structs

from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.policies import (
    USUAL,
    AdjustmentPolicy,
    LapsePolicy,
    Policies,
    TransferPolicy,
)
from services.loyalty.domain.liability.assumptions import Assumptions
from services.loyalty.domain.liability.of_programme import assumptions_of, months_until_lapse
from services.loyalty.domain.programme.difference import difference
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.points_currency import PointsCurrency, Value
from services.loyalty.domain.programme.policy_words import said_of_policies
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.domain.programme.reading import document_of
from services.loyalty.domain.programme.soundness import document_faults
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.settings import TermsSettings
from shared.errors import Invalid
from tests.loyalty.programmes import POINTS, SHOP, TIER, month

CHOSEN: dict[str, Any] = {
    "debt": "cap",
    "lapse": {"kind": "grace", "grace_days": 14},
    "transfer": {"at_least": 10, "at_most": 5000},
    "adjustment": {"alone": None},
}


def read(**sections: Any) -> Document:
    """The shop as it is read from a file with these sections."""
    plain = msgspec.json.decode(msgspec.json.encode(SHOP))
    return document_of({**plain, **sections})


def faults(**sections: Any) -> list[str]:
    return [fault.at for fault in document_faults(read(**sections))]


def test_a_programme_says_its_policies_and_what_it_leaves_out_is_as_usual() -> None:
    assert SHOP.policies == read(policies={}).policies == USUAL
    assert read(policies=CHOSEN).policies == Policies(
        "cap", LapsePolicy("grace", 14), TransferPolicy(True, 10, 5000), AdjustmentPolicy(None)
    )
    assert faults(policies=CHOSEN) == []


@pytest.mark.parametrize(
    ("policies", "at"),
    [
        ({"debt": "forget"}, "/policies/debt"),
        ({"lapse": {"kind": "never"}}, "/policies/lapse/kind"),
        ({"transfer": {"at_most": "all"}}, "/policies/transfer/at_most"),
        ({"adjustment": {"alone": 1.5}}, "/policies/adjustment/alone"),
        ({"gifts": True}, "/policies"),
    ],
)
def test_a_policy_of_another_shape_is_named_by_a_json_pointer(policies: dict[str, Any], at: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(policies=policies)
    assert [place for place, _ in refusal.value.problems] == [at]


@pytest.mark.parametrize(
    ("policies", "at"),
    [
        ({"lapse": {"kind": "grace"}}, "/policies/lapse/grace_days"),
        ({"lapse": {"kind": "grace", "grace_days": 3651}}, "/policies/lapse/grace_days"),
        ({"lapse": {"kind": "renew", "grace_days": 1}}, "/policies/lapse/grace_days"),
        ({"transfer": {"allowed": False, "at_least": 5}}, "/policies/transfer/allowed"),
        ({"transfer": {"at_least": 0}}, "/policies/transfer/at_least"),
        ({"transfer": {"at_least": 9, "at_most": 8}}, "/policies/transfer/at_most"),
        ({"transfer": {"at_most": 2**63}}, "/policies/transfer/at_most"),
        ({"adjustment": {"alone": -1}}, "/policies/adjustment/alone"),
        ({"adjustment": {"alone": 2**63}}, "/policies/adjustment/alone"),
    ],
)
def test_a_policy_that_makes_no_sense_is_named_by_a_json_pointer(policies: dict[str, Any], at: str) -> None:
    assert faults(policies=policies) == [at]


def currency(**more: Any) -> list[dict[str, Any]]:
    return [{"code": "points", **more}, {"code": "tier-points", "kind": "qualifying"}]


EURO, CROWNS = {"amount": "0.01", "currency": "EUR"}, {"amount": "0.1", "currency": "NOK"}


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"expected_redemption": "1.01"}, "/currencies/0/expected_redemption"),
        ({"expected_redemption": "-0.1"}, "/currencies/0/expected_redemption"),
        ({"expected_redemption": "NaN"}, "/currencies/0/expected_redemption"),
        ({"also_worth": [CROWNS]}, "/currencies/0/also_worth"),
        ({"value": EURO, "also_worth": [EURO]}, "/currencies/0/also_worth/0/currency"),
        ({"value": EURO, "also_worth": [CROWNS, CROWNS]}, "/currencies/0/also_worth/1/currency"),
        ({"value": EURO, "also_worth": [{**CROWNS, "amount": "0"}]}, "/currencies/0/also_worth/0/amount"),
        ({"value": EURO, "also_worth": [{**CROWNS, "currency": "crowns"}]}, "/currencies/0/also_worth/0/currency"),
        ({"kind": "qualifying", "value": EURO}, "/currencies/0/value"),
    ],
)
def test_a_worth_that_makes_no_sense_is_named_by_a_json_pointer(more: dict[str, Any], at: str) -> None:
    spendable = [{"code": "other"}]
    assert faults(currencies=currency(**more) + spendable) == [at]


def test_a_changed_policy_is_told_in_sentences_and_an_unchanged_one_isnt() -> None:
    changes = [(change.at, change.says) for change in difference(SHOP, read(policies=CHOSEN))]
    assert changes == [
        (
            "/policies/debt",
            "what a return can't find any more is owed, and repaid by the next earnings;"
            " now: what a return can't find any more is waived",
        ),
        (
            "/policies/lapse",
            "points that lapsed before their spend was taken back are lost;"
            " now: points that lapsed before their spend was taken back live for 14 days more",
        ),
        (
            "/policies/transfer",
            "members can give points to each other, at least 1 at once;"
            " now: members can give points to each other, at least 10, at most 5000 at once",
        ),
        (
            "/policies/adjustment",
            "more than 10000 points need a second person to be adjusted; now: no adjustment needs a second person",
        ),
    ]
    assert difference(read(policies=CHOSEN), read(policies=CHOSEN)) == []
    assert [change.at for change in difference(None, read(policies={"debt": "cap"}))][:2] == ["", "/policies/debt"]


@pytest.mark.parametrize(
    "changed",
    [
        Policies(debt="cap"),
        Policies(lapse=LapsePolicy("renew")),
        Policies(lapse=LapsePolicy("grace", 1)),
        Policies(transfer=TransferPolicy(False)),
        Policies(transfer=TransferPolicy(at_least=2)),
        Policies(transfer=TransferPolicy(at_most=9)),
        Policies(adjustment=AdjustmentPolicy(1)),
        Policies(adjustment=AdjustmentPolicy(None)),
    ],
)
def test_every_choice_has_words_of_its_own(changed: Policies) -> None:
    before, after = said_of_policies(USUAL), said_of_policies(changed)
    assert sum(before[name] != says for name, says in after.items()) == 1


def test_the_version_that_counts_says_what_is_promised_and_before_any_the_built_in_programme_does() -> None:
    built_in, capped = TermsSettings().built_in, structs.replace(SHOP, policies=Policies("cap"))
    programme = Programme((Version(1, month(2), SHOP), Version(2, month(4), capped)))
    promises = Promises(built_in, "shop", programme)
    assert [promises.at(month(number)) for number in (1, 2, 3, 4)] == [built_in, SHOP, SHOP, capped]
    assert Promises(built_in).at(month(4)) == built_in


def test_the_built_in_programme_promises_what_the_settings_say() -> None:
    settings = TermsSettings(
        points_pending_days=14,
        points_valid_months=12,
        points_to_month_end=True,
        currencies="miles, points, status:qualifying",
        debt="cap",
        lapsed_spend="grace",
        gifts=False,
        adjustment_alone=5,
        zone="Europe/Berlin",
        point_value=Decimal("0.05"),
        expected_redemption=Decimal("0.6"),
    )
    made = settings.built_in
    assert made.declared() == settings.declared == Declared(("miles", "points"), ("status",))
    assert {made.terms_of(code) for code in ("miles", "points", "status")} == {settings.terms}
    assert (made.policies, made.zone, made.earning.rules, made.tiers) == (settings.policies, "Europe/Berlin", (), None)
    worth = Assumptions(Decimal("0.05"), Decimal("0.6"), 13)
    assert [assumptions_of(made, code) for code in ("miles", "points", "gone")] == [worth] * 3
    assert assumptions_of(made, "status").value == 0
    assert assumptions_of(TermsSettings().built_in, "points") == Assumptions(Decimal("0.01"), Decimal("0.8"))


def test_the_liability_assumes_what_the_document_says_in_each_money() -> None:
    points = structs.replace(POINTS, also_worth=(Value(Decimal("0.1"), "NOK"),), expected_redemption=Decimal("0.7"))
    document = structs.replace(SHOP, currencies=(points, TIER), terms={"points": Terms(valid_months=24)})
    found = assumptions_of(document, "points")
    assert (found.value_in("EUR"), found.value_in("NOK"), found.value_in("SEK")) == (
        Decimal("0.01"),
        Decimal("0.1"),
        Decimal("0.01"),
    )
    assert (found.redemption, found.ages) == (Decimal("0.7"), 24)
    assert assumptions_of(document, "tier-points").value == 0
    unsaid = structs.replace(SHOP, currencies=(PointsCurrency("points"),))
    assert assumptions_of(unsaid, "points") == Assumptions(Decimal("0.01"), Decimal("0.8"))


@pytest.mark.parametrize(
    ("terms", "months"),
    [
        (Terms(), None),
        (Terms(inactive_months=12), None),
        (Terms(to_month_end=True), None),
        (Terms(valid_months=24), 24),
        (Terms(14, 24), 25),
        (Terms(31, 24), 25),
        (Terms(32, 24), 26),
        (Terms(valid_days=28), 1),
        (Terms(valid_days=29), 2),
        (Terms(valid_months=1, grace_days=28), 2),
        (Terms(ends_on="03-31"), 12),
        (Terms(valid_months=12, ends_on="03-31"), 24),
    ],
)
def test_points_are_redeemed_until_the_last_of_a_month_lapse(terms: Terms, months: int | None) -> None:
    assert months_until_lapse(terms) == months
