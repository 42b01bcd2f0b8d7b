"""A programme's terms and policies at their bounds, and the words in which each is told."""

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.policies import AdjustmentPolicy, LapsePolicy, Policies, TransferPolicy
from services.loyalty.domain.programme.policy_faults import policy_faults
from services.loyalty.domain.programme.policy_words import said_of_policies
from services.loyalty.domain.programme.terms import Terms, sentence, unsound

LARGEST = 2**63 - 1


BOUNDS = [
    ("pending_days", 0, 3650, "days"),
    ("valid_months", 1, 1200, "months"),
    ("valid_days", 1, 36500, "days"),
    ("inactive_months", 1, 1200, "months"),
    ("grace_days", 0, 3650, "days"),
]


@pytest.mark.parametrize(("field", "least", "most", "unit"), BOUNDS)
def test_terms_have_bounds_and_name_them(field: str, least: int, most: int, unit: str) -> None:
    assert [[*unsound(structs.replace(Terms(), **{field: number}))] for number in (least, most)] == [[], []]
    for number in (least - 1, most + 1):
        assert [*unsound(structs.replace(Terms(), **{field: number}))] == [(field, f"must be {least} to {most} {unit}")]


def test_a_day_and_an_action_are_told_by_an_example_that_would_do() -> None:
    assert [*unsound(Terms(ends_on="13-01", awaits="The delivery"))] == [
        ("ends_on", "must be a day of the year, as month and day: 12-31"),
        ("awaits", "must name an action, such as delivery"),
    ]
    assert [*unsound(Terms(ends_on="12-31", awaits="delivery"))] == []


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        (Terms(), "active at once, valid for ever"),
        (Terms(14), "pending for 14 days, valid for ever"),
        (Terms(awaits="delivery"), "pending until delivery, valid for ever"),
        (Terms(14, awaits="delivery"), "pending until delivery and 14 days, valid for ever"),
        (Terms(valid_months=1, valid_days=2), "active at once, valid for 1 months and 2 days from then (UTC)"),
        (Terms(valid_days=2), "active at once, valid for 2 days from then (UTC)"),
        (Terms(to_month_end=True), "active at once, to the end of the month (UTC)"),
        (
            Terms(valid_months=2, to_month_end=True, ends_on="03-31"),
            "active at once, valid for 2 months from then, to the end of the month, to the end of 03-31 (UTC)",
        ),
        (Terms(inactive_months=3), "active at once, until 3 months without activity (UTC)"),
        (
            Terms(valid_days=2, grace_days=5, zone="Europe/Berlin"),
            "active at once, valid for 2 days from then, and 5 days of grace (Europe/Berlin)",
        ),
    ],
)
def test_each_term_has_its_words(terms: Terms, says: str) -> None:
    assert sentence(terms) == says


@pytest.mark.parametrize(
    "policies",
    [
        Policies(lapse=LapsePolicy("grace", 1)),
        Policies(lapse=LapsePolicy("grace", 3650)),
        Policies(transfer=TransferPolicy(allowed=False)),
        Policies(transfer=TransferPolicy(True, 1, 1)),
        Policies(transfer=TransferPolicy(True, LARGEST, LARGEST)),
        Policies(adjustment=AdjustmentPolicy(0)),
        Policies(adjustment=AdjustmentPolicy(LARGEST)),
    ],
)
def test_policies_may_be_as_wide_as_their_bounds(policies: Policies) -> None:
    assert [*policy_faults(policies)] == []


@pytest.mark.parametrize(
    ("policies", "place", "says"),
    [
        (Policies(lapse=LapsePolicy("grace")), "lapse/grace_days", "must be 1 to 3650 days"),
        (
            Policies(lapse=LapsePolicy("renew", 1)),
            "lapse/grace_days",
            "has no meaning for renew: leave it out, or let the kind be grace",
        ),
        (
            Policies(transfer=TransferPolicy(False, 5)),
            "transfer/allowed",
            "forbids what the other fields set bounds for",
        ),
        (
            Policies(transfer=TransferPolicy(True, 2**63)),
            "transfer/at_least",
            "must be at least 1 point, and below 2^63",
        ),
        (
            Policies(transfer=TransferPolicy(True, 9, 8)),
            "transfer/at_most",
            "must be at_least or more points, and below 2^63; null: no bound",
        ),
        (
            Policies(adjustment=AdjustmentPolicy(-1)),
            "adjustment/alone",
            "must be 0 or more points, and below 2^63; null: nobody needs a second person",
        ),
    ],
)
def test_a_policy_beyond_its_bounds_is_told_what_it_must_be(policies: Policies, place: str, says: str) -> None:
    assert [*policy_faults(policies)] == [(f"/{place}", says)]


@pytest.mark.parametrize(
    ("policies", "name", "says"),
    [
        (Policies(), "debt", "what a return can't find any more is owed, and repaid by the next earnings"),
        (Policies("cap"), "debt", "what a return can't find any more is waived"),
        (Policies(), "lapse", "points that lapsed before their spend was taken back are lost"),
        (
            Policies(lapse=LapsePolicy("grace", 7)),
            "lapse",
            "points that lapsed before their spend was taken back live for 7 days more",
        ),
        (
            Policies(lapse=LapsePolicy("renew")),
            "lapse",
            "points that lapsed before their spend was taken back live as if they were earned then",
        ),
        (Policies(transfer=TransferPolicy(allowed=False)), "transfer", "members can't give points to each other"),
        (
            Policies(transfer=TransferPolicy(True, 3)),
            "transfer",
            "members can give points to each other, at least 3 at once",
        ),
        (
            Policies(transfer=TransferPolicy(True, 3, 9)),
            "transfer",
            "members can give points to each other, at least 3, at most 9 at once",
        ),
        (
            Policies(adjustment=AdjustmentPolicy(500)),
            "adjustment",
            "more than 500 points need a second person to be adjusted",
        ),
        (Policies(adjustment=AdjustmentPolicy(None)), "adjustment", "no adjustment needs a second person"),
    ],
)
def test_each_policy_has_its_sentence(policies: Policies, name: str, says: str) -> None:
    assert said_of_policies(policies)[name] == says
