"""A client of loyalty's API for commands: where it is, as whom it is asked, and what it says when it refuses."""

import getpass
import os
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from shared.http.auth import development_token
from shared.settings import KernelSettings, read
from shared.stack.stack import Stack


@asynccontextmanager
async def loyalty_client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client with the token in LOYALTY_TOKEN, or one of the development mode. ValueError: nobody answers."""
    token = os.environ.get("LOYALTY_TOKEN") or _own_token()
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        try:
            yield client
        except httpx.TransportError as error:
            raise ValueError(f"{url} doesn't answer ({error}): is loyalty running? See `rapport up`.") from None


def local_loyalty() -> str:
    """Return the address of `rapport up`'s loyalty. ValueError: it doesn't run."""
    service = Stack().state.services.get("loyalty")
    if service is None:
        raise ValueError("Loyalty doesn't run here: start it with `rapport up`, or name its address with --url.")
    return service.url


async def asked(asking: Awaitable[httpx.Response]) -> Any:
    """Return the JSON of an answer. ValueError, with the service's own words: it refused."""
    answer = await asking
    if answer.is_success:
        return answer.json()
    problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    said = [problem.get("detail") or f"{answer.status_code} {answer.reason_phrase}"]
    said += [f"{item['field']}: {item['message']}" for item in problem.get("errors", ())]
    raise ValueError("\n".join(said))


def _own_token() -> str:
    settings = read(KernelSettings, kafka_bootstrap_servers="not needed to sign a token")
    return development_token(settings, ("loyalty:read", "loyalty:write"), subject=getpass.getuser())
