"""A touchpoint that is wrong names the field that is wrong, and is never half-read."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.contact.contracts.touchpoint import check_time, decode
from shared.errors import Invalid

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "kind": "purchase",
    "source": "shop",
    "id": "1001",
    "channel": "web",
    "occurred_at": "2026-01-05T09:30:00Z",
    "identifiers": [{"type": "shop-customer", "value": "4711"}],
    "purchase": {"amount": "49.90", "currency": "EUR", "items": 2},
}


def read(**changes: Any) -> Any:
    return decode(json.dumps({**GOOD, **changes}).encode())


def purchase(**changes: Any) -> dict[str, Any]:
    return {**GOOD["purchase"], **changes}


def lines(*those: dict[str, Any]) -> dict[str, Any]:
    """An order with these lines, each of a spade at 20 euros but for what is said."""
    return purchase(lines=[{"product": "spade", "amount": "20.00", **line} for line in those])


BAD: list[tuple[str, dict[str, Any]]] = [
    ("kind", {"kind": "gift"}),
    ("identifiers", {"identifiers": []}),
    ("identifiers[0].type", {"identifiers": [{"type": "", "value": "x"}]}),
    ("identifiers[0].value", {"identifiers": [{"type": "email", "value": "x" * 256}]}),
    ("identifiers[0].value", {"identifiers": [{"type": "email", "value": "a\x00b"}]}),
    ("purchase.amount", {"purchase": purchase(amount="1.234")}),
    ("purchase.amount", {"purchase": purchase(amount="1.5", currency="JPY")}),
    ("purchase.amount", {"purchase": purchase(amount="-1.00")}),
    ("purchase.amount", {"purchase": purchase(amount="NaN")}),
    ("purchase.amount", {"purchase": purchase(amount="1e30")}),
    ("purchase.currency", {"purchase": purchase(currency="")}),
    ("purchase.currency", {"purchase": purchase(currency="QQQ")}),
    ("purchase.items", {"purchase": purchase(items=0)}),
    ("purchase", {"purchase": None}),
    ("purchase.lines[1].amount", {"purchase": lines({}, {"amount": "1.234"})}),
    ("purchase.lines[0].amount", {"purchase": lines({"amount": "-1.00"})}),
    ("purchase.lines[0].amount", {"purchase": lines({"amount": "NaN"})}),
    ("purchase.lines", {"purchase": lines({}, {}, {"amount": "9.91"})}),
    ("purchase.lines", {"purchase": lines(*[{"amount": "0"}] * 201)}),
    ("purchase.lines[0].product", {"purchase": lines({"product": ""})}),
    ("purchase.lines[0].product", {"purchase": lines({"product": "spade\n"})}),
    ("purchase.lines[0].category", {"purchase": lines({"category": "garden//tools"})}),
    ("purchase.lines[0].category", {"purchase": lines({"category": "garden\n"})}),
    ("purchase.lines[0].quantity", {"purchase": lines({"quantity": 0})}),
    ("purchase.tax", {"purchase": purchase(tax="49.91")}),
    ("purchase.tax", {"purchase": purchase(tax="-0.01")}),
    ("purchase.paid_with_points", {"purchase": purchase(paid_with_points="50.00")}),
    ("id", {"id": "x" * 2000}),
    ("id", {"id": ""}),
    ("id", {"id": "a b"}),
    ("source", {"source": "Two Words"}),
    ("channel", {"channel": "pigeon"}),
    ("occurred_at", {"occurred_at": "2026-01-05T09:30:00"}),
    ("occurred_at", {"occurred_at": "yesterday"}),
    ("customer_id", {"customer_id": "4711"}),
    ("id", {"id": "1001\n"}),
    ("source", {"source": "shop\n"}),
    ("identifiers[0].type", {"identifiers": [{"type": "email\n", "value": "x"}]}),
    *(
        ("identifiers[0].value", {"identifiers": [{"type": "email", "value": f"a{character}b"}]})
        for character in "\n\t\r\b\x1f\x7f"
    ),
    ("refund.order_id", {"kind": "refund", "refund": {"order_id": "7\n", "amount": "1.00", "currency": "EUR"}}),
    ("activity", {"kind": "activity"}),
    ("activity.what", {"kind": "activity", "activity": {"what": "dream"}}),
    ("activity.code", {"kind": "activity", "activity": {"what": "survey", "code": "How was it?"}}),
    ("activity.code", {"kind": "activity", "activity": {"what": "survey", "code": "nps\n"}}),
    ("activity.partner", {"kind": "activity", "activity": {"what": "partner-activity"}}),
    ("activity.currency", {"kind": "activity", "activity": {"what": "survey", "amount": "5"}}),
    ("activity.amount", {"kind": "activity", "activity": {"what": "survey", "amount": "-5", "currency": "EUR"}}),
    ("activity.attributes[...]", {"kind": "activity", "activity": {"what": "survey", "attributes": {"a": "My words"}}}),
    ("activity.attributes[...]", {"kind": "activity", "activity": {"what": "survey", "attributes": {"a": 10**16}}}),
    ("activity.attributes[...]", {"kind": "activity", "activity": {"what": "survey", "attributes": {"a": 1.5}}}),
    ("interaction.topic", {"kind": "interaction", "interaction": {"direction": "inbound", "topic": "complaint\n"}}),
    ("interaction.summary", {"kind": "interaction", "interaction": {"direction": "inbound", "summary": "a\rb"}}),
    ("occurred_at", {"occurred_at": "0001-01-01T00:00:00+14:00"}),
]


@pytest.mark.parametrize(("field", "changes"), BAD, ids=[f"{field}-{place}" for place, (field, _) in enumerate(BAD)])
def test_a_fault_is_named_by_its_field(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as caught:
        read(**changes)
    assert field in [name for name, _ in caught.value.problems]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        json.dumps(GOOD).encode()[:-1],
        json.dumps({**GOOD, "note": "\ud800"}).encode(),
        b'{"kind":"purchase","deep":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=["empty", "words", "array", "string", "no-utf8", "cut-off", "lone-surrogate", "deep"],
)
def test_what_is_no_touchpoint_at_all_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        decode(data)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        read(identifiers=[], purchase=purchase(currency="QQQ"))
    assert [field for field, _ in caught.value.problems] == ["identifiers", "purchase.currency"]


def test_lines_tax_and_points_are_parts_of_the_amount() -> None:
    read_lines = read(
        purchase={**lines({}, {"category": "garden/tools", "amount": "29.90", "quantity": 2}), "tax": "9.98"}
    )
    assert [(line.category, line.quantity) for line in read_lines.purchase.lines] == [("", 1), ("garden/tools", 2)]
    assert str(read_lines.purchase.tax) == "9.98"


def test_unknown_fields_are_ignored() -> None:
    assert read(colour="red") == read()


def test_currencies_have_their_own_decimals() -> None:
    assert str(read(purchase=purchase(amount="1.234", currency="KWD")).purchase.amount) == "1.234"


@pytest.mark.parametrize("minutes", [-60 * 24 * 365 * 30, 0, 5])
def test_the_past_and_a_clock_that_runs_a_little_ahead_are_accepted(minutes: int) -> None:
    check_time(read(occurred_at=(NOW + timedelta(minutes=minutes)).isoformat()), NOW)


def test_the_future_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        check_time(read(occurred_at=(NOW + timedelta(minutes=5, seconds=1)).isoformat()), NOW)
    assert caught.value.problems[0][0] == "occurred_at"


def accepted_or_named(data: bytes) -> bool:
    """Any other error than Invalid goes through, and fails the test."""
    try:
        decode(data)
    except Invalid as error:
        return all(field and message for field, message in error.problems) and bool(error.problems)
    return True


@for_all(st.binary(max_size=300))
def test_any_bytes_end_in_a_touchpoint_or_a_named_fault(data: bytes) -> None:
    assert accepted_or_named(data)


@for_all(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=5),
        max_leaves=20,
    )
)
def test_any_json_ends_in_a_touchpoint_or_a_named_fault(value: Any) -> None:
    assert accepted_or_named(json.dumps(value).encode())
