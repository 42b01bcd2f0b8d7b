"""A proof of who calls: what a token tells of it, and how an answer asks for a better one (RFC 9470)."""

import time
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OctKey

from shared.errors import Unproven
from shared.http import problems
from shared.http.auth import DEVELOPMENT_ISSUER, Unauthenticated, Verifier, development_token
from shared.settings import KernelSettings

SETTINGS = KernelSettings(kafka_bootstrap_servers="127.0.0.1:1")


def bearer(**claims: Any) -> str:
    told = {
        "iss": DEVELOPMENT_ISSUER,
        "aud": SETTINGS.oidc_audience,
        "sub": "anna",
        "exp": time.time() + 60,
        **claims,
    }
    key = OctKey.import_key(SETTINGS.development_token_secret.get_secret_value())
    return "Bearer " + jwt.encode({"alg": "HS256"}, told, key)


async def test_a_token_tells_how_and_when_its_owner_proved_who_they_are() -> None:
    caller = await Verifier(SETTINGS).caller(bearer(acr="phr", amr=["pwd", "otp"], auth_time=1700000000))
    assert (caller.acr, caller.amr, caller.authenticated_at) == ("phr", ("pwd", "otp"), 1700000000.0)


async def test_a_token_for_trying_things_out_may_tell_it_too() -> None:
    made = development_token(SETTINGS, ["a"], subject="anna", acr="phr")
    caller = await Verifier(SETTINGS).caller(f"Bearer {made}")
    assert (caller.acr, caller.authenticated_at is None or time.time() - caller.authenticated_at < 60) == ("phr", True)
    assert caller.authenticated_at is not None


@pytest.mark.parametrize("claims", [{}, {"acr": None, "amr": None, "auth_time": None}])
async def test_one_that_tells_nothing_proves_nothing(claims: dict[str, Any]) -> None:
    caller = await Verifier(SETTINGS).caller(bearer(**claims))
    assert (caller.acr, caller.amr, caller.authenticated_at) == ("", (), None)


@pytest.mark.parametrize("claims", [{"acr": 7}, {"amr": "otp"}, {"auth_time": "now"}, {"auth_time": -1}])
async def test_one_that_tells_it_otherwise_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await Verifier(SETTINGS).caller(bearer(**claims))


async def test_an_answer_that_asks_for_a_proof_says_of_which_kind_and_how_old() -> None:
    app = FastAPI()
    problems.install(app)

    @app.get("/large")
    async def large() -> None:
        raise Unproven("second-factor-needed", "Prove it.", ("phr", "phrh"), 600)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kit") as client:
        answer = await client.get("/large")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/second-factor-needed")
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="rapport", error="insufficient_user_authentication",'
        ' error_description="A different authentication level is required",'
        ' acr_values="phr phrh", max_age="600"'
    )
