"""Merging by HTTP: what is answered, what is refused, and what lists and figures then show of the two."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from shared.http.auth import development_token

from .world import SETTINGS, World

ANNA, BEN, CARL = (UUID(int=number) for number in (0xA, 0xB, 0xC))
EVIDENCE = [{"kind": "same-payment", "event": "purchase-shop-o1@1"}]


async def bought(rapport: World, customer: UUID, order: str, amount: Any = "10.00", **more: Any) -> Any:
    body = {
        "kind": "purchase",
        "source": "shop",
        "id": order,
        "channel": "web",
        "occurred_at": rapport.clock().isoformat(),
        "identifiers": [{"type": "shop-customer", "value": str(customer)}],
        "purchase": {"amount": amount, "currency": "EUR"},
    }
    return await rapport.ask("contact", "POST", "/v1/touchpoints", {**body, **more})


async def merge(rapport: World, customer: UUID, into: UUID, **headers: str) -> Any:
    body = {"into": str(into), "evidence": EVIDENCE}
    return await rapport.ask("contact", "POST", f"/v1/customers/{customer}/merges", body, **headers)


async def undo(rapport: World, customer: UUID, merge_id: str) -> Any:
    path = f"/v1/customers/{customer}/merges/{merge_id}/undo"
    return await rapport.ask("contact", "POST", path, {"reason": "mistake"})


async def get(rapport: World, path: str, service: str = "contact") -> Any:
    return (await rapport.ask(service, "GET", path)).json()


@pytest.fixture(autouse=True)
async def people(rapport: World) -> None:
    """Anna, Ben and Carl are known, each by an identifier of the shop."""
    for customer in (ANNA, BEN, CARL):
        path = f"/v1/customers/{customer}"
        assert (await rapport.ask("contact", "PUT", path, {"source": "shop", "channel": "web"})).status_code == 201
        identifier = {"type": "shop-customer", "value": str(customer)}
        assert (await rapport.ask("contact", "POST", f"{path}/identifiers", identifier)).status_code == 201


async def test_a_merge_answers_who_into_whom_and_why(rapport: World) -> None:
    answered = await merge(rapport, ANNA, BEN)
    assert answered.status_code == 201, answered.text
    assert answered.headers["ETag"] == '"2"'
    made = answered.json()
    assert (made["customer_id"], made["into"], made["evidence"]) == (str(ANNA), str(BEN), EVIDENCE)
    assert (made["decided_by"], made["undone"]) == ("agent-7", None)


async def test_refusals_are_problems_with_a_code_and_leave_nothing_behind(rapport: World) -> None:
    unknown = UUID(int=1)
    assert _problem(await merge(rapport, ANNA, ANNA)) == (409, "merge-with-itself")
    assert _problem(await merge(rapport, unknown, ANNA)) == (404, "customer-unknown")
    assert _problem(await merge(rapport, ANNA, unknown)) == (404, "customer-unknown")
    assert _problem(await undo(rapport, ANNA, str(unknown))) == (404, "merge-unknown")
    first = (await merge(rapport, ANNA, BEN)).json()["merge_id"]
    again = await merge(rapport, ANNA, CARL)
    assert _problem(again) == (409, "already-merged")
    assert str(BEN) in again.json()["detail"]
    assert _problem(await merge(rapport, BEN, ANNA)) == (409, "merge-circular")
    assert (await undo(rapport, ANNA, first)).status_code == 200
    assert _problem(await undo(rapport, ANNA, first)) == (409, "merge-undone-already")
    log = await rapport.homes["contact"].pool.fetch("SELECT type FROM event WHERE stream_id LIKE 'customer-%'")
    assert sorted(row[0] for row in log if row[0] != "customer-registered") == [
        *("absorption-ended", "customer-absorbed", "customers-merged", "merge-undone"),
    ]


async def test_evidence_has_known_kinds_and_no_words(rapport: World) -> None:
    for evidence in ([], [{"kind": "a hunch"}], [{"kind": "judged", "event": "she said so"}]):
        body = {"into": str(BEN), "evidence": evidence}
        answered = await rapport.ask("contact", "POST", f"/v1/customers/{ANNA}/merges", body)
        assert answered.status_code == 422, answered.text


async def test_a_merge_that_depends_on_what_was_read_names_the_version(rapport: World) -> None:
    assert (await merge(rapport, ANNA, BEN, If_Match='"7"')).status_code == 412
    assert (await merge(rapport, ANNA, BEN, If_Match='"1"')).status_code == 201


async def test_a_retried_merge_takes_effect_once_and_answers_the_same(rapport: World) -> None:
    first = await merge(rapport, ANNA, BEN, Idempotency_Key="k")
    second = await merge(rapport, ANNA, BEN, Idempotency_Key="k")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.json() == second.json()


@pytest.mark.parametrize("round_", range(5))
async def test_merges_that_race_in_a_circle_leave_one_out(rapport: World, round_: int) -> None:
    del round_
    circle = ((ANNA, BEN), (BEN, CARL), (CARL, ANNA))
    ended = await asyncio.gather(*(merge(rapport, *pair) for pair in circle))
    assert sorted(answer.status_code for answer in ended) == [201, 201, 409]


async def test_the_360_of_a_merged_customer_is_that_of_who_they_are(rapport: World) -> None:
    await bought(rapport, ANNA, "o1", "10.00")
    await bought(rapport, BEN, "o2", "5.50")
    made = (await merge(rapport, ANNA, BEN)).json()
    await rapport.all()
    answered = await rapport.ask("contact", "GET", f"/v1/customers/{ANNA}")
    found = answered.json()
    assert (found["customer_id"], found["merged"]) == (str(BEN), [str(ANNA)])
    assert answered.headers["Content-Location"] == f"/v1/customers/{BEN}"
    assert found["purchases"]["revenue"] == {"EUR": "15.50"}
    assert (found["identifiers"], found["points"]["earned"]) == (2, 15)
    listed = await get(rapport, "/v1/customers?sort=-purchases")
    assert [row["customer_id"] for row in listed["data"] if row["purchases"]] == [str(BEN)]
    await undo(rapport, ANNA, made["merge_id"])
    await rapport.all()
    for customer, revenue in ((ANNA, "10.00"), (BEN, "5.50")):
        found = await get(rapport, f"/v1/customers/{customer}")
        assert (found["customer_id"], found["merged"]) == (str(customer), [])
        assert found["purchases"]["revenue"] == {"EUR": revenue}


async def test_the_merges_of_all_who_are_one_are_listed_by_any_of_them(rapport: World) -> None:
    first = (await merge(rapport, ANNA, BEN)).json()
    before = rapport.clock()
    await undo(rapport, ANNA, first["merge_id"])
    second, third = (await merge(rapport, ANNA, CARL)).json(), (await merge(rapport, CARL, BEN)).json()
    await rapport.all()
    for customer in (ANNA, BEN, CARL):
        found = await get(rapport, f"/v1/customers/{customer}/merges")
        assert found["customer_id"] == str(BEN)
        assert found["members"] == [str(ANNA), str(BEN), str(CARL)]
        told = {item["merge_id"]: item for item in found["merges"]}
        assert told.keys() == {first["merge_id"], second["merge_id"], third["merge_id"]}
        assert told[first["merge_id"]]["undone"]["reason"] == "mistake"
    then = await rapport.homes["contact"].client.get(
        f"/v1/customers/{ANNA}/merges", params={"as_of": before.isoformat()}
    )
    assert [(item["into"], item["undone"]) for item in then.json()["merges"]] == [(str(BEN), None)]


async def test_lists_that_name_a_customer_show_the_root_and_find_all_members(rapport: World) -> None:
    for customer in (ANNA, BEN, CARL):
        draft = {"customer_id": str(customer), "summary": "It broke."}
        await rapport.ask("tickets", "POST", "/v1/tickets", draft)
    made = (await merge(rapport, ANNA, BEN)).json()
    await rapport.all()

    async def found(query: str = "") -> list[str]:
        return sorted(row["customer_id"] for row in (await get(rapport, f"/v1/tickets{query}", "tickets"))["data"])

    assert await found() == [str(BEN), str(BEN), str(CARL)]
    for member in (ANNA, BEN):
        assert await found(f"?filter[customer_id]={member}") == [str(BEN), str(BEN)]
        assert await found(f"?filter[customer_id][ne]={member}") == [str(CARL)]
    assert await found(f"?filter[customer_id]={CARL}") == [str(CARL)]
    await undo(rapport, ANNA, made["merge_id"])
    await rapport.all()
    assert await found() == [str(ANNA), str(BEN), str(CARL)]
    assert await found(f"?filter[customer_id]={ANNA}") == [str(ANNA)]


async def test_the_timeline_of_any_member_holds_what_happened_to_all(rapport: World) -> None:
    await bought(rapport, ANNA, "o1")
    await bought(rapport, BEN, "o2")
    await merge(rapport, ANNA, BEN)
    await rapport.all()
    for member in (ANNA, BEN):
        rows = (await get(rapport, f"/v1/customers/{member}/timeline?page[size]=200"))["data"]
        assert {row["customer_id"] for row in rows} == {str(BEN)}
        assert {"purchase-shop-o1@1", "purchase-shop-o2@1"} <= {row["event_id"] for row in rows}


async def test_a_customers_own_token_reaches_all_that_they_are(rapport: World) -> None:
    for customer in (ANNA, BEN, CARL):
        await rapport.ask("tickets", "POST", "/v1/tickets", {"customer_id": str(customer), "summary": "It broke."})
    await rapport.all()
    mine = {"Authorization": f"Bearer {_own_token(ANNA)}"}
    contact, tickets = rapport.homes["contact"].client, rapport.homes["tickets"].client
    assert (await contact.get(f"/v1/customers/{BEN}", headers=mine)).status_code == 404
    assert len((await tickets.get("/v1/tickets", headers=mine)).json()["data"]) == 1
    made = (await merge(rapport, ANNA, BEN)).json()
    await rapport.all()
    assert (await contact.get(f"/v1/customers/{BEN}", headers=mine)).status_code == 200
    assert (await contact.get(f"/v1/customers/{CARL}", headers=mine)).status_code == 404
    assert len((await tickets.get("/v1/tickets", headers=mine)).json()["data"]) == 2
    await undo(rapport, ANNA, made["merge_id"])
    await rapport.all()
    assert (await contact.get(f"/v1/customers/{BEN}", headers=mine)).status_code == 404
    assert len((await tickets.get("/v1/tickets", headers=mine)).json()["data"]) == 1


async def test_what_happens_after_a_merge_stays_with_whom_the_identifier_belongs_to(rapport: World) -> None:
    await merge(rapport, ANNA, BEN)
    assert (await bought(rapport, ANNA, "o1")).json()["customer_id"] == str(ANNA)
    both = [{"type": "shop-customer", "value": str(customer)} for customer in (BEN, ANNA)]
    assert (await bought(rapport, BEN, "o2", identifiers=both)).json()["customer_id"] == str(BEN)
    assert (await bought(rapport, ANNA, "o3", customer_id=str(BEN))).json()["customer_id"] == str(ANNA)
    strangers = [{"type": "shop-customer", "value": str(customer)} for customer in (CARL, ANNA)]
    assert _problem(await bought(rapport, ANNA, "o4", identifiers=strangers)) == (409, "identifiers-disagree")


async def test_an_identifier_of_one_member_is_claimed_for_another_without_a_quarrel(rapport: World) -> None:
    claim = {"type": "shop-customer", "value": str(ANNA)}
    assert _problem(await rapport.ask("contact", "POST", f"/v1/customers/{BEN}/identifiers", claim)) == (
        *(409, "identifier-taken"),
    )
    await merge(rapport, ANNA, BEN)
    await rapport.all()
    answered = await rapport.ask("contact", "POST", f"/v1/customers/{BEN}/identifiers", claim)
    assert (answered.status_code, answered.json()["customer_id"]) == (201, str(ANNA))


async def test_a_refund_named_by_another_member_belongs_to_whose_purchase_it_is(rapport: World) -> None:
    await bought(rapport, ANNA, "o1")
    refund = {"kind": "refund", "purchase": None, "refund": {"order_id": "o1", "amount": "4.00", "currency": "EUR"}}
    refused = await bought(rapport, BEN, "r1", **refund)
    assert _problem(refused) == (409, "refund-too-large")
    await merge(rapport, ANNA, BEN)
    assert (await bought(rapport, BEN, "r1", **refund)).json()["customer_id"] == str(ANNA)


async def test_a_touchpoint_of_the_merged_is_known_again_after_the_undo(rapport: World) -> None:
    made = (await merge(rapport, ANNA, BEN)).json()
    both = [{"type": "shop-customer", "value": str(customer)} for customer in (BEN, ANNA)]
    first = await bought(rapport, BEN, "o1", identifiers=both, occurred_at="2026-01-05T09:00:00Z")
    await undo(rapport, ANNA, made["merge_id"])
    again = await bought(rapport, BEN, "o1", identifiers=both, occurred_at="2026-01-05T09:00:00Z")
    assert (again.status_code, again.json()["customer_id"]) == (200, first.json()["customer_id"])
    assert _problem(await bought(rapport, BEN, "o2", identifiers=both)) == (409, "identifiers-disagree")


def _own_token(customer: UUID) -> str:
    from joserfc import jwt
    from joserfc.jwk import OctKey

    secret = OctKey.import_key(SETTINGS.development_token_secret.get_secret_value())
    token = development_token(SETTINGS, ["contact:read", "tickets:read"], subject="anna")
    claims = jwt.decode(token, secret, ["HS256"]).claims
    return jwt.encode({"alg": "HS256"}, {**claims, "customer": str(customer)}, secret)


def _problem(answered: Any) -> tuple[int, str]:
    return answered.status_code, answered.json()["type"].rpartition("/")[2]
