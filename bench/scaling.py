"""`rapport bench --scaling`: 1, 2 and 4 workers, APIs and relays on this machine, and what more cores would give."""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from pathlib import Path

import asyncpg
import psutil
import uvloop
from rich.console import Console
from rich.table import Table

from bench.demand import Parts, Span
from bench.flow import EVENTS, LOYALTY, fill
from bench.http_command import CONNECTIONS, put
from bench.load import requests_per_second
from bench.machine import Machine, machine
from bench.main import write
from bench.place import CONTACT, Place, place
from bench.reading import ends
from bench.relay_process import relays
from bench.running import until
from bench.scaled import Scaled
from bench.served import contacts
from bench.service_demand import Point, fitted
from bench.tables import write_scaling
from bench.touchpoints import CUSTOMERS, begin_at
from rapport.demo import log
from rapport.demo.publish import TOPIC, publish
from shared.runtime.pool import connect
from shared.runtime.process import calm_the_collector
from shared.store.contract import PARTITIONS

PROCESSES = (1, 2, 4)
REPEATS = 3
REQUESTS = 8000
SETTLED_SECONDS = 3
SHOWN = """
SELECT coalesce(sum(next_seq - 1), 0) >= {wanted} FROM consumer_position
WHERE consumer = '{consumer}' AND topic = '{topic}'
"""


Measure = Callable[[Place, int], Awaitable[tuple[Span, int]]]


def scaling(json_file: Path | None, record: Path | None) -> None:
    """Measure, print, write the JSON if asked, and scaling.md into the folder `record` if one is given."""
    console = Console()
    before = os.getloadavg()
    calm_the_collector()
    with place() as at:
        found, scaled = uvloop.run(_measure(at, console, before))
    for item in scaled:
        console.print(_table(item), _bounds(item))
    if json_file:
        write(json_file, {"machine": found, "scaling": scaled})
    if record:
        write_scaling(record, found, scaled)


async def _measure(at: Place, console: Console, before: tuple[float, float, float]) -> tuple[Machine, list[Scaled]]:
    found = await machine(at, before)
    paths: Mapping[str, tuple[str, Measure]] = {
        "api": ("requests/s", _apis),
        "worker": ("touchpoints/s", _workers),
        "relay": ("events/s", _relays),
    }
    scaled = []
    for name, (unit, measure) in paths.items():
        points = []
        for processes in PROCESSES:
            points.append(_point(processes, [await measure(at, processes) for _ in range(REPEATS)]))
            console.print(f"{name} x {processes}: {points[-1].rate:,.0f} {unit}", style="dim")
        scaled.append(Scaled(name, unit, points, fitted(points, psutil.cpu_count() or 1, name)))
    return found, scaled


def _point(processes: int, found: Sequence[tuple[Span, int]]) -> Point:
    rates = [events / span.seconds for span, events in found]
    rate = statistics.median_low(rates)
    span, events = found[rates.index(rate)]
    demand = {name: round(seconds * 1e6 / events, 2) for name, seconds in span.spent.items()}
    return Point(processes, round(rate, 1), demand, (max(rates) - min(rates)) / rate, [round(one, 1) for one in rates])


def _span(at: Place, part: str, pids: Sequence[int]) -> Span:
    return Span(Parts({part: pids, "postgres": at.postgres, "kafka": at.kafka, "load": [os.getpid()]}))


async def _apis(at: Place, processes: int) -> tuple[Span, int]:
    """`PUT /v1/customers/{id}` over kept connections that are spread over all processes."""
    numbers = count()
    async with contacts(at, "api", processes, await at.database(CONTACT)) as served:
        ports = [one.port for one in served]
        request = put("/v1/customers/", served[0].token)
        await requests_per_second(ports, request, numbers, connections=CONNECTIONS, count=1000)
        with _span(at, "api", [one.process.pid for one in served]) as span:
            await requests_per_second(ports, request, numbers, connections=CONNECTIONS, count=REQUESTS)
        return span, REQUESTS


async def _workers(at: Place, processes: int) -> tuple[Span, int]:
    """The CDNOW log, published to whole workers of contact (policy, relay, views), until all is appended and shown."""
    await at.fresh_topics()
    messages = list(log.messages(log.purchases()))
    database = await at.database(CONTACT)
    pool = await connect(database, size=2)
    try:
        await begin_at(pool, await ends(at, TOPIC))
        async with contacts(at, "worker", processes, database) as served:
            await _settled(pool)
            with _span(at, "worker", [one.process.pid for one in served]) as span:
                await publish(at.bootstrap_servers, messages, lambda _: None)
                wanted = len(messages) + 2 * CUSTOMERS
                await until(pool, f"SELECT last_value >= {wanted} FROM event_position")
                await until(pool, f"SELECT count(*) >= {wanted} FROM event")
                await until(pool, SHOWN.format(consumer=CONTACT.views_consumer, topic=CONTACT.topic, wanted=wanted))
        return span, len(messages)
    finally:
        await pool.close()


async def _settled(pool: asyncpg.Pool) -> None:
    """Wait until no partition has changed hands for some seconds: each change raises an epoch."""
    before, since = (0, 0), time.monotonic()
    while before[0] < 2 * PARTITIONS or time.monotonic() - since < SETTLED_SECONDS:
        await asyncio.sleep(0.2)
        found = tuple(await pool.fetchrow("SELECT count(*), coalesce(sum(epoch), 0) FROM consumer_position"))
        if found != before:
            before, since = found, time.monotonic()


async def _relays(at: Place, processes: int) -> tuple[Span, int]:
    """A filled outbox, moved by so many shards, until Kafka holds all of it and the log knows."""
    await at.fresh_topics()
    database = await at.database(LOYALTY)
    pool = await connect(database, size=8)
    try:
        await fill(pool, 0)
        async with relays(at, database, processes) as started:
            with _span(at, "relay", [one.pid for one in started]) as span:
                for one in started:
                    one.go()
                await until(pool, "SELECT NOT EXISTS (SELECT FROM outbox)")
                await until(pool, "SELECT bool_and(acked_seq = next_seq - 1) FROM relay_partition")
        return span, EVENTS
    finally:
        await pool.close()


def _table(item: Scaled) -> Table:
    names = list(item.points[0].demand_us)
    table = Table(item.name, item.unit, "spread", *(f"{name} us" for name in names), title=f"{item.name}: measured")
    for point in item.points:
        spent = (f"{point.demand_us[name]:.1f}" for name in names)
        table.add_row(str(point.processes), f"{point.rate:,.0f}", f"{point.spread:.0%}", *spent)
    return table


def _bounds(item: Scaled) -> Table:
    model = item.model
    title = f"at most, by the model (here {model.efficiency:.0%} of it; up to {model.growth:.2f} times the demand)"
    table = Table("cores", "processes", item.unit, "limited by", title=title)
    for bound in model.bounds:
        table.add_row(str(bound.cores), str(bound.processes), f"{bound.rate:,}", bound.limit)
    return table
