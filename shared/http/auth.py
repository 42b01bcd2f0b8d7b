"""Who calls: bearer tokens by OIDC, or signed by the development mode itself, and what they may do."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from msgspec import Meta, Struct

from shared.errors import Missing
from shared.settings import KernelSettings

ASYMMETRIC = ["RS256", "ES256", "EdDSA"]
DEVELOPMENT_ISSUER = "rapport-development"
LEEWAY_SECONDS = 30
LATEST = 253402300799
"""The last second of the calendar: a token's end must be a time."""

CACHED = 4096
JWKS_SECONDS = 300
LEAST_JWKS_SECONDS = 10
"""A token with an unknown key makes us fetch the keys anew, but not more often than this."""


class Unauthenticated(Exception):
    """There is no token, or it can't be trusted; the message says which."""


class Caller(Struct, frozen=True):
    """Who calls, what they may do, and the customer that the token is confined to, if it is.

    `fellows` are those who are one with that customer by a merge. `acr` and `amr` tell
    how they proved who they are, and `authenticated_at` when, in seconds since 1970
    (OpenID Connect Core, RFC 8176); where the token doesn't tell, nothing.
    """

    subject: str
    scopes: frozenset[str]
    expires_at: float
    customer: UUID | None = None
    fellows: tuple[UUID, ...] = ()
    acr: str = ""
    amr: tuple[str, ...] = ()
    authenticated_at: float | None = None

    @property
    def customers(self) -> tuple[UUID, ...]:
        """Whose things the token reaches, where it is confined."""
        return self.fellows if self.customer is None else (self.customer, *self.fellows)

    def must_see(self, customer_id: UUID) -> None:
        """Raise Missing when the token is another customer's: to them, this customer doesn't exist."""
        if self.customer is not None and customer_id not in self.customers:
            raise Missing("customer-unknown", f"There is no customer {customer_id}.")


class Verifier:
    """Turns bearer tokens into callers. A verified token is remembered until it expires."""

    def __init__(self, settings: KernelSettings, client: httpx.AsyncClient | None = None) -> None:
        self._settings = settings
        self._client = client
        self._callers: OrderedDict[bytes, Caller] = OrderedDict()
        self._keys: KeySet | None = None
        self._fetched_at = float("-inf")

    @property
    def signs_its_own(self) -> bool:
        """Whether the development mode is on: no issuer is configured."""
        return self._settings.oidc_issuer is None

    async def caller(self, authorization: str | None) -> Caller:
        """Return who calls, by the Authorization header. Raises Unauthenticated."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Send a bearer token in the Authorization header.")
        name = hashlib.sha256(token.encode()).digest()
        known = self._callers.get(name)
        if known is not None and known.expires_at > time.time():
            return known
        caller = await self._verify(token)
        self._callers[name] = caller
        if len(self._callers) > CACHED:
            self._callers.popitem(last=False)
        return caller

    async def _verify(self, token: str) -> Caller:
        try:
            if self.signs_its_own:
                issuer, decoded = DEVELOPMENT_ISSUER, jwt.decode(token, _own_key(self._settings), ["HS256"])
            else:
                issuer, decoded = str(self._settings.oidc_issuer), await self._decode(token)
            claims = jwt.JWTClaimsRegistry(
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": issuer},
                aud={"essential": True, "value": self._settings.oidc_audience},
                exp={"essential": True},
                sub={"essential": True},
            )
            claims.validate(decoded.claims)
            return _caller(decoded.claims)
        except (JoseError, ValueError) as error:
            raise Unauthenticated(f"The token isn't valid: {error}") from None

    async def _decode(self, token: str) -> Any:
        try:
            return jwt.decode(token, await self._key_set(JWKS_SECONDS), ASYMMETRIC)
        except (JoseError, ValueError):
            return jwt.decode(token, await self._key_set(LEAST_JWKS_SECONDS), ASYMMETRIC)

    async def _key_set(self, at_most: float) -> KeySet:
        if self._keys is None or time.monotonic() - self._fetched_at > at_most:
            client = self._client or httpx.AsyncClient(timeout=5)
            answer = await client.get(str(self._settings.oidc_jwks_url))
            answer.raise_for_status()
            self._keys = KeySet.import_key_set(answer.json())
            self._fetched_at = time.monotonic()
        return self._keys


def development_token(
    settings: KernelSettings, scopes: Sequence[str], *, subject: str, hours: float = 12, acr: str = ""
) -> str:
    """Return a token that the development mode accepts; with `acr`, its owner has just proved so who they are.

    ValueError where an issuer is configured.
    """
    if settings.oidc_issuer is not None or settings.environment == "production":
        raise ValueError("OIDC_ISSUER is set or this is production: ask the issuer for a token")
    claims = {
        "iss": DEVELOPMENT_ISSUER,
        "aud": settings.oidc_audience,
        "sub": subject,
        "scope": " ".join(scopes),
        "exp": int(time.time() + hours * 3600),
        **({"acr": acr, "auth_time": int(time.time())} if acr else {}),
    }
    return jwt.encode({"alg": "HS256"}, claims, _own_key(settings))


def _own_key(settings: KernelSettings) -> OctKey:
    return OctKey.import_key(settings.development_token_secret.get_secret_value())


class _Claims(Struct):
    """What we read of a token. A subject names the actor of events, so it must be a text that can be stored."""

    sub: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00\ud800-\udfff]*$")]
    exp: Annotated[float, Meta(ge=0, le=LATEST)]
    scope: str = ""
    customer: UUID | None = None
    acr: Annotated[str, Meta(max_length=255)] = ""
    amr: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    auth_time: Annotated[float, Meta(ge=0, le=LATEST)] | None = None


def _caller(claims: dict[str, Any]) -> Caller:
    told = {name: value for name, value in claims.items() if value is not None}
    read = msgspec.convert({**told, "customer": claims.get("customer") or None}, _Claims)
    proof = (read.acr, read.amr, read.auth_time)
    return Caller(read.sub, frozenset(read.scope.split()), read.exp, read.customer, (), *proof)
