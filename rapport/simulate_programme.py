"""A what-if through loyalty's API: asked for, watched until it is over, and called off when nobody waits any more."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from rapport.loyalty_client import asked

LOOK_SECONDS = 0.5


def request_of(file: object, programme: str | None, since: str, until: str, members: int) -> dict[str, Any]:
    """Return the request for a file: a whole programme, which names itself, or a patch of the one that is named."""
    if not isinstance(file, dict):
        raise ValueError("The file holds neither a programme nor a patch of one.")  # noqa: TRY004 - told at the terminal
    whole = "id" in file and "currencies" in file
    name = programme or (str(file["id"]) if whole else "")
    if not name:
        raise ValueError("The file is a patch: name the programme with --programme.")
    part = "document" if whole else "patch"
    return {"programme_id": name, "since": since, "until": until, "members": members, part: file}


async def simulate(
    client: httpx.AsyncClient, request: Mapping[str, Any], told: Callable[[Mapping[str, Any]], None]
) -> Mapping[str, Any]:
    """Return the simulation when it is over; `told` hears each time how far it is.

    Whoever stops waiting (the task is cancelled) calls it off. Raises ValueError with
    the service's own words where that refuses it.
    """
    shown: Mapping[str, Any] = await asked(client.post("/v1/simulations", json=request))
    path = f"/v1/simulations/{shown['simulation_id']}"
    try:
        while shown["status"] in ("waiting", "running"):
            told(shown)
            await asyncio.sleep(LOOK_SECONDS)
            shown = await asked(client.get(path))
    except asyncio.CancelledError:
        await client.post(f"{path}/cancellation")
        raise
    told(shown)
    return shown
