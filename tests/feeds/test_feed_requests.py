"""What a feed refuses: ids that no feed gave, and callers whom it isn't for."""

import time

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from shared.feeds.places import beginning, id_of
from shared.http.auth import development_token
from shared.testing import sample
from tests.feeds.conftest import HEADERS, Log


@pytest.mark.parametrize("text", ["nonsense", "-", "!!", "AAAA", "gQ", "1", "99999", "e30", "\u00e9"])
async def test_an_id_that_no_feed_gave_is_refused(log: Log, text: str) -> None:
    await _refused(log, text.encode())


async def test_an_id_of_another_feed_or_ahead_of_the_log_is_refused(log: Log) -> None:
    await log.append(3)
    for text in (id_of(beginning(["contact"])), id_of(dict.fromkeys(beginning(["sample"]), 9))):
        await _refused(log, text.encode())


async def _refused(log: Log, text: bytes) -> None:
    async with httpx.AsyncClient() as client:
        headers = [(b"authorization", HEADERS["Authorization"].encode()), (b"last-event-id", text)]
        answer = await client.get(log.url, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [item["field"] for item in answer.json()["errors"]] == ["Last-Event-ID"]


async def test_the_whole_log_is_not_for_a_customer_s_own_token_nor_without_the_scope(log: Log) -> None:
    async with httpx.AsyncClient() as client:
        for scopes, status in ((["other:read"], 403), (["sample:write"], 403)):
            token = development_token(sample.SETTINGS, scopes, subject="x")
            answer = await client.get(log.url, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == status
        assert (await client.get(log.url)).status_code == 401
        answer = await client.get(log.url, headers={"Authorization": f"Bearer {customers_token()}"})
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-for-customers")


def customers_token() -> str:
    """Return a token that is confined to one customer."""
    key = OctKey.import_key(sample.SETTINGS.development_token_secret.get_secret_value())
    claims = {"iss": "rapport-development", "aud": "rapport", "sub": "c", "scope": "sample:read"}
    customer = "0198c0de-7a11-7c3e-8f00-00000000000c"
    return jwt.encode({"alg": "HS256"}, {**claims, "exp": int(time.time() + 60), "customer": customer}, key)
