"""How long a caller waits for its own write in a list: through the log, Kafka and the view, on a real process."""

import asyncio
import time
from uuid import uuid4

import httpx

from bench.figures import Figure, measured
from bench.place import Place
from bench.served import Served, contact
from rapport.services import topics
from shared.stack.topics import ensure_topics

CLIENTS = 4
WRITES = 400


async def own_write(at: Place) -> list[Figure]:
    """Measure the wait of four clients that write and then list, one after another."""
    await ensure_topics(at.bootstrap_servers, topics())
    async with contact(at, "all") as served:
        await _p99(served, 100)
        return [
            await measured(
                "own_write_p99", "ms", lambda: _p99(served, WRITES), "< 50, 4 clients, until the list answers"
            )
        ]


async def _p99(served: Served, writes: int) -> float:
    left = iter(range(writes))
    took: list[float] = []
    headers = {"Authorization": f"Bearer {served.token}"}

    async def client() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}/v1", headers=headers) as http:
            took.extend([await _once(http) for _ in left])

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return sorted(took)[len(took) * 99 // 100] * 1000


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
