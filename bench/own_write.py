"""How long a caller waits for its own write in a list: through the log, Kafka and the view, on a real process."""

import time
from uuid import uuid4

import httpx
import msgspec

from bench.figures import Figure, Found, measured
from bench.latency import percentiles
from bench.open_loop import at_rate
from bench.place import Place
from bench.served import Served, contact

RATE = 50
SECONDS = 8
CALM_RATE = 2
"""The peer: so seldom that no two callers meet, which is the way's own length."""


async def own_write(at: Place) -> list[Figure]:
    """Measure the wait of callers who write and then list, each of whom comes whatever the others wait for."""
    await at.fresh_topics()
    async with contact(at, "all") as served:
        await _p99(served, RATE)
        return [
            await measured(
                "own_write_p99",
                "ms",
                lambda: _p99(served, RATE),
                f"< 50, open loop, {RATE} callers/s, from a write's answer to the list's",
                f"the same, {CALM_RATE} callers/s",
                lambda: _p99(served, CALM_RATE),
            )
        ]


async def _p99(served: Served, rate: float) -> Found:
    waits: list[float] = []
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{served.port}/v1",
        headers={"Authorization": f"Bearer {served.token}"},
        limits=limits,
        timeout=30,
    ) as http:

        async def one(_: int) -> None:
            waits.append(await _once(http))

        whole = percentiles(await at_rate(one, rate=rate, seconds=SECONDS))
    wait = percentiles(waits)
    return Found(wait.p99, {**msgspec.structs.asdict(wait), "with_the_write_p99": whole.p99, "rate": rate})


async def _once(http: httpx.AsyncClient) -> float:
    """Write, list with the write's token, and return the seconds from the one answer to the other."""
    customer = uuid4()
    written = await http.put(f"/customers/{customer}", json={"source": "bench", "channel": "web"})
    token = written.headers["Consistency-Token"]
    start = time.perf_counter()
    listed = await http.get(
        "/customers?sort=registered_at&page[size]=1", headers={"Consistency-Token": token, "Prefer": "wait=5"}
    )
    assert listed.status_code == 200, listed.text
    return time.perf_counter() - start
