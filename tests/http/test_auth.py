"""Who may call: a valid token with the route's scope, and a customer's own token for their own things only."""

import time
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from shared.http.auth import DEVELOPMENT_ISSUER, Unauthenticated, Verifier, development_token
from shared.settings import KernelSettings, ServiceSettings, SettingsInvalid, load
from shared.testing import sample

KEY = OctKey.import_key(sample.SETTINGS.development_token_secret.get_secret_value())


def token(**changes: object) -> str:
    claims = {
        "iss": DEVELOPMENT_ISSUER,
        "aud": "rapport",
        "sub": "tester",
        "scope": "sample:read",
        "exp": int(time.time()) + 60,
        **changes,
    }
    return jwt.encode({"alg": "HS256"}, {name: value for name, value in claims.items() if value is not None}, KEY)


async def status(client: httpx.AsyncClient, authorization: str, path: str = "/v1/counters/a") -> int:
    return (await client.get(path, headers={"Authorization": authorization})).status_code


async def test_a_valid_token_with_the_scope_is_let_in(client: httpx.AsyncClient) -> None:
    assert await status(client, f"Bearer {token()}") == 200


@pytest.mark.parametrize(
    "changes",
    [{"iss": "another"}, {"aud": "another"}, {"exp": int(time.time()) - 120}, {"exp": None}, {"sub": None}],
    ids=["issuer", "audience", "expired", "no-expiry", "no-subject"],
)
async def test_a_token_that_is_wrong_in_one_thing_is_refused(
    client: httpx.AsyncClient, changes: dict[str, object]
) -> None:
    assert await status(client, f"Bearer {token(**changes)}") == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": "a\0b"},
        {"sub": "a" * 256},
        {"sub": ["a"]},
        {"exp": 1e300},
        {"exp": True},
        {"scope": ["sample:read"]},
        {"customer": "anna"},
        {"customer": 7},
    ],
    ids=["nul", "long", "list", "never", "no-number", "scopes", "no-id", "number"],
)
async def test_claims_that_no_event_could_bear_are_refused(
    client: httpx.AsyncClient, changes: dict[str, object]
) -> None:
    assert await status(client, f"Bearer {token(**changes)}") == 401


@pytest.mark.parametrize("authorization", ["", "Basic YTpi", "Bearer", "Bearer x.y.z", "Bearer " + "a" * 5000])
async def test_no_token_or_no_real_one_is_refused(client: httpx.AsyncClient, authorization: str) -> None:
    answer = await client.get("/v1/counters/a", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_another_key_and_no_algorithm_are_refused(client: httpx.AsyncClient) -> None:
    claims = {"iss": DEVELOPMENT_ISSUER, "aud": "rapport", "sub": "x", "scope": "sample:read", "exp": time.time() + 60}
    forged = jwt.encode({"alg": "HS256"}, claims, OctKey.generate_key(256))
    unsigned = "eyJhbGciOiJub25lIn0." + token().split(".")[1] + "."
    assert await status(client, f"Bearer {forged}") == 401
    assert await status(client, f"Bearer {unsigned}") == 401


async def test_a_token_without_the_scope_learns_which_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/counters/a", headers={"Authorization": f"Bearer {token(scope='other')}"})
    assert answer.status_code == 403
    assert "sample:read" in answer.json()["detail"]


async def test_a_customers_token_reaches_only_their_own_things(client: httpx.AsyncClient) -> None:
    own, other = uuid4(), uuid4()
    bearer = f"Bearer {token(customer=str(own))}"
    assert await status(client, bearer, f"/v1/counters/of/{own}") == 200
    assert await status(client, bearer, f"/v1/counters/of/{other}") == 404


def test_production_refuses_tokens_that_rapport_signs_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")
    monkeypatch.setenv("DATABASE_URL", "postgresql://x")
    with pytest.raises(SettingsInvalid) as caught:
        load(KernelSettings, ServiceSettings)
    assert "IDENTITY_SECRET" in str(caught.value)


def test_all_problems_of_the_settings_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LOG_FORMAT", "purple")
    with pytest.raises(SettingsInvalid) as caught:
        load(KernelSettings, ServiceSettings)
    assert all(name in str(caught.value) for name in ("KAFKA_BOOTSTRAP_SERVERS", "LOG_FORMAT", "DATABASE_URL"))


def oidc() -> KernelSettings:
    return KernelSettings(
        kafka_bootstrap_servers="x", oidc_issuer="https://issuer", oidc_jwks_url="https://issuer/keys"
    )


def test_with_an_issuer_there_is_no_development_token() -> None:
    with pytest.raises(ValueError, match="OIDC_ISSUER"):
        development_token(oidc(), ["x"], subject="x")


async def test_an_issuers_token_is_verified_by_its_published_keys_which_may_change() -> None:
    keys = [RSAKey.generate_key(2048, parameters={"kid": name}) for name in ("old", "new")]
    published = [keys[0]]
    fetched = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal fetched
        fetched += 1
        return httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in published]})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        verifier = Verifier(oidc(), client)
        claims = {"iss": "https://issuer", "aud": "rapport", "sub": "x", "scope": "a b", "exp": time.time() + 60}

        def signed(key: RSAKey) -> str:
            return "Bearer " + jwt.encode({"alg": "RS256", "kid": key.kid or ""}, claims, key)

        caller = await verifier.caller(signed(keys[0]))
        assert caller.scopes == {"a", "b"}
        await verifier.caller(signed(keys[0]))
        assert fetched == 1
        published[:] = keys
        verifier._fetched_at -= 11
        await verifier.caller(signed(keys[1]))
        assert fetched == 2
        with pytest.raises(Unauthenticated):
            await verifier.caller("Bearer " + jwt.encode({"alg": "HS256"}, claims, OctKey.generate_key(256)))
