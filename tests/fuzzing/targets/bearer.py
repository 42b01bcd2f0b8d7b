"""Authorization headers: Unauthenticated, or a caller; nothing else, whoever wrote them."""

import asyncio

from shared.http.auth import Unauthenticated, Verifier
from tests.fuzzing.requests import SETTINGS

_VERIFIER = Verifier(SETTINGS)
_LOOP = asyncio.new_event_loop()


def one(data: bytes) -> None:
    """Read `data` as the header's value: none that a fuzzer can write is signed by us."""
    for text in (data.decode("latin-1"), f"Bearer {data.decode('latin-1')}"):
        try:
            caller = _LOOP.run_until_complete(_VERIFIER.caller(text))
        except Unauthenticated:
            continue
        raise AssertionError(caller)
