"""Every no is a problem answer that says what to do; nothing that was sent comes back in it."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from .conftest import OUTAGES

RAISES = "/v1/counters/a/raises"


def problem(answer: httpx.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert {"type", "title", "status", "detail", "instance", "errors", "trace_id"} <= body.keys()
    assert body["status"] == status
    assert body["trace_id"] == answer.headers["x-request-id"]
    return body


async def test_a_rejection_is_a_409_with_its_code(client: httpx.AsyncClient) -> None:
    for _ in range(10):
        await client.post(RAISES, json={"by": 100})
    body = problem(await client.post(RAISES, json={"by": 1}), 409)
    assert body["type"] == "/problems/too-high"


async def test_an_invalid_field_is_named(client: httpx.AsyncClient) -> None:
    body = problem(await client.post(RAISES, json={"by": 601, "note": "x" * 21}), 422)
    errors = body["errors"]
    assert isinstance(errors, list)
    assert [item["field"] for item in errors] == ["by", "note"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (b'{"by": NaN}', 400),
        (b'{"note": "\\ud800", "by": 1}', 400),
        (b'{"note": "\\u0000", "by": 1}', 422),
        (b'{"by": ' + b"[" * 33 + b"]" * 33 + b"}", 400),
        (b'{"by": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
        (b'{"note": "' + b"x" * 300_000 + b'", "by": 1}', 413),
        (b'{"by": 1e400}', 400),
        (b'{"by": 123456789012345678901234567890}', 422),
    ],
    ids=["cut-off", "no-utf8", "nan", "surrogate", "nul", "deep", "very-deep", "large", "infinite", "huge-int"],
)
async def test_what_cannot_be_read_is_refused_and_nothing_is_kept(
    client: httpx.AsyncClient, content: bytes, status: int
) -> None:
    answer = await client.post(RAISES, content=content, headers={"content-type": "application/json"})
    problem(answer, status)
    assert (await client.get("/v1/counters/a")).json() == {"total": 0}


async def test_another_content_type_is_refused(client: httpx.AsyncClient) -> None:
    problem(await client.post(RAISES, content=b"by=1", headers={"content-type": "text/plain"}), 415)


async def test_a_large_body_without_a_length_is_refused(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 10_000

    headers = {"content-type": "application/json"}
    problem(await client.post(RAISES, content=chunks(), headers=headers), 413)


async def test_unknown_paths_and_methods_say_what_there_is(client: httpx.AsyncClient) -> None:
    problem(await client.get("/v1/nothing"), 404)
    assert "GET" in (await client.delete("/v1/counters/a")).headers["allow"]
    problem(await client.delete("/v1/counters/a"), 405)


async def test_an_unexpected_error_tells_nothing_of_its_inside(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/counters/broken", json={})
    problem(answer, 500)
    assert "key-4711" not in answer.text


@pytest.mark.parametrize("name", OUTAGES)
async def test_an_outage_of_the_database_is_a_503_that_says_when_to_try_again(
    client: httpx.AsyncClient, name: str
) -> None:
    answer = await client.post(f"/v1/counters/outage/{name}")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/database-unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "key-4711" not in answer.text


async def test_what_was_sent_does_not_come_back(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        RAISES, content=json.dumps({"by": "secret-4711"}), headers={"content-type": "application/json"}
    )
    problem(answer, 422)
    assert "secret-4711" not in answer.text


async def test_every_answer_forbids_sniffing_and_caching(client: httpx.AsyncClient) -> None:
    for answer in (await client.get("/v1/counters/a"), await client.get("/v1/nothing")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
