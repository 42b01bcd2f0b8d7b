"""Claims under a good signature, as an issuer may write them: Unauthenticated, or a caller to work with."""

import asyncio
import math
from contextlib import suppress
from uuid import UUID

import msgspec
from joserfc import jws
from joserfc.jwk import OctKey

from shared.http.auth import DEVELOPMENT_ISSUER, Unauthenticated, Verifier
from tests.fuzzing.requests import SETTINGS

_KEY = OctKey.import_key(SETTINGS.development_token_secret.get_secret_value())
_VERIFIER = Verifier(SETTINGS)
_LOOP = asyncio.new_event_loop()
_GOOD = {"iss": DEVELOPMENT_ISSUER, "aud": "rapport", "sub": "someone", "exp": 4_000_000_000}


def one(data: bytes) -> None:
    """Sign `data` as it is, and as changes to good claims where it is an object."""
    payloads = [data]
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        payloads.append(msgspec.json.encode({**_GOOD, **msgspec.json.decode(data, type=dict)}))
    for payload in payloads:
        token = jws.serialize_compact({"alg": "HS256"}, payload, _KEY)
        try:
            caller = _LOOP.run_until_complete(_VERIFIER.caller(f"Bearer {token}"))
        except Unauthenticated:
            continue
        assert caller.subject.encode().decode(), "an actor is named in events"
        assert "\x00" not in caller.subject
        assert math.isfinite(caller.expires_at)
        assert caller.customer is None or isinstance(caller.customer, UUID)
