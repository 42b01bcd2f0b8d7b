"""Redelivery of touchpoints, any number of times, in any order, changes nothing; a customer is registered once."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.contact.contracts.published import PUBLISHED
from services.contact.contracts.touchpoint import decode
from services.contact.domain.customer import CustomerRegistered
from services.contact.domain.identifiers import keyed_hash, normalised
from services.contact.policies.touchpoints import Touchpoints
from shared.errors import Invalid, Missing, Rejected
from shared.policies.policy import RawRecord
from shared.policies.work import WorkingSet
from shared.store.memory import InMemoryEventStore

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
TOUCHPOINTS = Touchpoints(keyed_hash("a secret for tests"))


def touchpoint(kind: str, name: str, customer: str = "anna", **part: Any) -> bytes:
    body = {
        "kind": kind,
        "source": "shop",
        "id": name,
        "channel": "call" if kind == "interaction" else "web",
        "occurred_at": "2026-01-04T12:00:00Z",
        "identifiers": [{"type": "shop-customer", "value": customer}],
        kind: part,
    }
    return json.dumps(body).encode()


def bought(name: str, amount: str = "10.00", customer: str = "anna") -> bytes:
    return touchpoint("purchase", name, customer, amount=amount, currency="EUR")


async def take(store: InMemoryEventStore, *messages: bytes) -> list[Exception]:
    """Handle the messages as one batch; return what was refused."""
    work = WorkingSet(store, NOW)
    received = [TOUCHPOINTS.received(decode(message)) for message in messages]
    await work.load(stream for item in received for stream in item.streams)
    refused: list[Exception] = []
    for item in received:
        try:
            await work.decide(TOUCHPOINTS.record, work, item)
        except (Rejected, Invalid) as error:
            refused.append(error)
    await work.commit()
    return refused


def facts(store: InMemoryEventStore) -> list[tuple[str, str]]:
    """What is in the log, generated ids aside."""
    kept = (event for event in store._log if not event.stream.startswith("customer-"))
    return sorted((event.id, event.type) for event in kept)


@pytest.fixture
def store() -> InMemoryEventStore:
    return InMemoryEventStore(PUBLISHED)


async def test_an_unknown_identifier_registers_a_customer_on_the_spot(store: InMemoryEventStore) -> None:
    assert await take(store, bought("o1")) == []
    assert [event.type for event in store._log] == ["customer-registered", "identifier-claimed", "purchase-recorded"]
    assert len({event.subject for event in store._log}) == 1
    assert all(event.occurred_at.day == 4 for event in store._log)


async def test_two_touchpoints_of_a_new_identifier_in_one_batch_make_one_customer(store: InMemoryEventStore) -> None:
    await take(store, bought("o1"), bought("o2"), bought("o3", customer="ben"))
    assert sum(isinstance(event.event, CustomerRegistered) for event in store._log) == 2


MESSAGES = [
    bought("o1"),
    bought("o2", customer="ben"),
    touchpoint("refund", "r1", order_id="o1", amount="4.00", currency="EUR"),
    touchpoint("interaction", "c1", direction="inbound", topic="complaint"),
    touchpoint("activity", "a1", what="survey", code="nps", attributes={"score": 9}),
    touchpoint("refund", "r2", "ben", order_id="o2", amount="10.00", currency="EUR"),
]


@settings(deadline=None)
@for_all(st.integers(0, 2**32), st.lists(st.integers(1, 3), min_size=len(MESSAGES), max_size=len(MESSAGES)))
async def test_duplicates_and_reordering_change_nothing(seed: int, copies: list[int]) -> None:
    plain, shuffled = InMemoryEventStore(PUBLISHED), InMemoryEventStore(PUBLISHED)
    await take(plain, *MESSAGES)
    messy = [message for message, times in zip(MESSAGES, copies, strict=True) for _ in range(times)]
    random.Random(seed).shuffle(messy)
    for message in messy:
        assert await take(shuffled, message) == []
    nets = {"purchase-shop-o1": "6.00", "purchase-shop-o2": "0.00"}
    for name, net in nets.items():
        for log in (plain, shuffled):
            refunded = [event for event in await log.read(name) if event.type == "purchase-refunded"]
            assert str(refunded[-1].event.net_after) == net
    kinds = (
        *("activity-recorded", "identifier-claimed", "interaction-recorded"),
        *("purchase-recorded", "purchase-refunded"),
    )
    assert sorted(kind for _, kind in facts(plain) if kind in kinds) == sorted(
        kind for _, kind in facts(shuffled) if kind in kinds
    )


async def test_the_same_order_with_another_amount_is_refused_and_the_rest_goes_through(
    store: InMemoryEventStore,
) -> None:
    refused = await take(store, bought("o1"), bought("o1", "11.00"), bought("o2"))
    assert [error.code for error in refused if isinstance(error, Rejected)] == ["purchase-differs"]
    assert len(await store.read("purchase-shop-o1")) == 1
    assert len(await store.read("purchase-shop-o2")) == 1


async def test_a_refused_touchpoint_registers_nobody(store: InMemoryEventStore) -> None:
    future = json.loads(bought("o1"))
    future["occurred_at"] = "2026-01-06T00:00:00Z"
    refused = await take(store, json.dumps(future).encode())
    assert isinstance(refused[0], Invalid)
    assert store._log == []


async def test_identifiers_of_two_customers_are_refused(store: InMemoryEventStore) -> None:
    await take(store, bought("o1", customer="anna"), bought("o2", customer="ben"))
    both = json.loads(bought("o3"))
    both["identifiers"] = [{"type": "shop-customer", "value": name} for name in ("anna", "ben")]
    refused = await take(store, json.dumps(both).encode())
    assert [error.code for error in refused if isinstance(error, Rejected)] == ["identifiers-disagree"]


async def test_an_unknown_customer_id_is_refused(store: InMemoryEventStore) -> None:
    named = json.loads(bought("o1"))
    named["customer_id"] = "01a20db2-d109-7179-85d7-a28579cd97c0"
    assert isinstance((await take(store, json.dumps(named).encode()))[0], Missing)


async def test_a_second_identifier_is_claimed_for_the_customer_of_the_first(store: InMemoryEventStore) -> None:
    await take(store, bought("o1"))
    more = json.loads(bought("o2"))
    more["identifiers"].append({"type": "email", "value": "Anna@Example.org"})
    assert await take(store, json.dumps(more).encode()) == []
    by_mail = json.loads(bought("o3"))
    by_mail["identifiers"] = [{"type": "email", "value": "anna@example.ORG"}]
    assert await take(store, json.dumps(by_mail).encode()) == []
    assert len({event.subject for event in store._log}) == 1


def test_no_identifier_stands_in_the_name_of_a_stream() -> None:
    received = TOUCHPOINTS.received(decode(bought("o1", customer="anna@example.org")))
    assert not any("anna" in stream for stream in received.streams)
    assert keyed_hash("one secret")("email", "a@b.c") != keyed_hash("another secret")("email", "a@b.c")


@pytest.mark.parametrize(
    ("type_", "spellings"), [("email", ["A@b.C", " a@b.c "]), ("phone", ["+49 30 1", "(49)301"]), ("card", ["x", " x"])]
)
def test_spellings_of_one_identifier_are_one(type_: str, spellings: list[str]) -> None:
    assert len({normalised(type_, spelling) for spelling in spellings}) == 1


def test_a_record_without_the_headers_of_a_cloud_event_is_refused_by_their_names() -> None:
    record = RawRecord("rapport.touchpoints.v1", 0, 0, None, [("ce_id", b"1"), ("ce_type", b"t")], bought("o1"))
    with pytest.raises(Invalid) as caught:
        TOUCHPOINTS.decode(record)
    assert [field for field, _ in caught.value.problems] == ["ce_specversion", "ce_source"]


@pytest.mark.parametrize("said", [b"a\0b", b"sealed.1.someone.a.b.c"])
@pytest.mark.parametrize("name", ["ce_id", "traceparent"])
def test_a_header_that_would_be_stored_as_something_else_is_refused(name: str, said: bytes) -> None:
    headers = {"ce_specversion": b"1.0", "ce_id": b"1", "ce_type": b"t", "ce_source": b"/s", name: said}
    record = RawRecord("rapport.touchpoints.v1", 0, 0, None, list(headers.items()), bought("o1"))
    with pytest.raises(Invalid, match=name):
        TOUCHPOINTS.decode(record)
