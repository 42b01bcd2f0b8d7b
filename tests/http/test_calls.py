"""Commands: a key counts once, a stale version is refused, and a write can be waited for."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from shared.http.consistency import read_token

from .conftest import Clock

RAISES = "/v1/counters/a/raises"


async def test_a_write_answers_its_version_and_a_token(client: httpx.AsyncClient) -> None:
    answer = await client.post(RAISES, json={"by": 1})
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    assert read_token(answer.headers["consistency-token"]) == ("counter-a", 1)


async def test_the_same_key_and_body_get_the_same_answer_once(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await client.post(RAISES, json={"by": 1}, headers=headers)
    again = await client.post(RAISES, json={"by": 1}, headers=headers)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert (await client.get("/v1/counters/a")).json() == {"total": 1}


async def test_the_same_key_with_another_body_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    await client.post(RAISES, json={"by": 1}, headers=headers)
    assert (await client.post(RAISES, json={"by": 2}, headers=headers)).status_code == 422
    assert (await client.get("/v1/counters/a")).json() == {"total": 1}


async def test_twenty_requests_with_one_key_at_once_take_effect_once(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    answers = await asyncio.gather(*(client.post(RAISES, json={"by": 1}, headers=headers) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.content for answer in answers} == {answers[0].content}
    assert (await client.get("/v1/counters/a")).json() == {"total": 1}


async def test_requests_with_one_key_at_once_get_one_answer_also_past_the_version_that_they_name(
    client: httpx.AsyncClient,
) -> None:
    headers = {"Idempotency-Key": "k1", "If-Match": '"0"'}
    answers = await asyncio.gather(*(client.post(RAISES, json={"by": 1}, headers=headers) for _ in range(20)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}


async def test_requests_with_one_key_at_once_get_one_answer_also_where_the_rule_would_refuse_a_second(
    client: httpx.AsyncClient,
) -> None:
    for _ in range(9):
        await client.post(RAISES, json={"by": 100})
    headers = {"Idempotency-Key": "k1"}
    answers = await asyncio.gather(*(client.post(RAISES, json={"by": 100}, headers=headers) for _ in range(20)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}


async def test_a_command_that_decides_nothing_is_kept_under_its_key_too(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    await client.post(RAISES, json={"by": 0}, headers=headers)
    await client.post(RAISES, json={"by": 5})
    again = await client.post(RAISES, json={"by": 0}, headers=headers)
    assert again.json() == {"total": 0}
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_key_is_free_again_after_seven_days(client: httpx.AsyncClient, clock: Clock) -> None:
    headers = {"Idempotency-Key": "k1"}
    await client.post(RAISES, json={"by": 1}, headers=headers)
    clock.now += timedelta(days=7, seconds=1)
    assert (await client.post(RAISES, json={"by": 2}, headers=headers)).json() == {"total": 3}


async def test_a_key_that_is_too_long_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.post(RAISES, json={"by": 1}, headers={"Idempotency-Key": "k" * 256})).status_code == 422


async def test_a_command_that_depends_on_what_was_read_asks_for_if_match(client: httpx.AsyncClient) -> None:
    assert (await client.put("/v1/counters/a", json={"by": 1})).status_code == 428
    assert (await client.put("/v1/counters/a", json={"by": 1}, headers={"If-Match": '"0"'})).status_code == 200
    assert (await client.put("/v1/counters/a", json={"by": 1}, headers={"If-Match": '"0"'})).status_code == 412
    assert (await client.put("/v1/counters/a", json={"by": 1}, headers={"If-Match": "no etag"})).status_code == 422
    assert (await client.get("/v1/counters/a")).json() == {"total": 1}


@pytest.mark.parametrize("version", ["\xb2", "9" * 5000, "1_0", "-1", ""])
async def test_an_if_match_that_is_no_version_is_refused_by_its_name(client: httpx.AsyncClient, version: str) -> None:
    answer = await client.put("/v1/counters/a", json={"by": 1}, headers={b"If-Match": f'"{version}"'.encode("latin-1")})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "If-Match"


async def test_of_two_writers_at_one_version_one_learns_that_it_was_late(client: httpx.AsyncClient) -> None:
    both = [client.put("/v1/counters/a", json={"by": 1}, headers={"If-Match": '"0"'}) for _ in range(2)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*both)) == [200, 412]


async def test_a_read_that_the_caller_has_already_answers_304(client: httpx.AsyncClient) -> None:
    await client.post(RAISES, json={"by": 1})
    assert (await client.get("/v1/counters/a", headers={"If-None-Match": '"1"'})).status_code == 304
    assert (await client.get("/v1/counters/a", headers={"If-None-Match": '"0"'})).status_code == 200


async def test_a_request_id_is_kept_where_it_is_one(client: httpx.AsyncClient) -> None:
    given = await client.get("/v1/counters/a", headers={"X-Request-Id": "trace-1"})
    assert given.headers["x-request-id"] == "trace-1"
    assert (await client.get("/v1/counters/a", headers={"X-Request-Id": "no id!"})).headers["x-request-id"] != "no id!"
