"""`rapport bench --soak`: finds the capacity, then holds a share of it for so many minutes, and judges the samples."""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from rich.console import Console
from rich.table import Table

from bench.latency import Percentiles, percentiles
from bench.machine import machine
from bench.open_loop import pace
from bench.place import Place, place
from bench.soak.capacity import capacity, caught_up
from bench.soak.flatness import Band, judge
from bench.soak.found import Soaked
from bench.soak.load import MIX, Load, load
from bench.soak.watch import Watch
from bench.tables import write_soak
from rapport import stack as whole
from rapport.commands.token import ALL_SCOPES
from rapport.demo.measure import Measured
from shared.http.auth import development_token
from shared.settings import KernelSettings, read
from shared.stack.stack import HOME_VARIABLE

SAMPLE_SECONDS = 10.0

BANDS: Mapping[str, Band] = {
    "memory_mib.": Band(0.10, 8),
    "memory_mib.postgres": Band(0.25, 96),  # shared buffers fill up to 160 MB, and count once they are touched
    "memory_mib.kafka": Band(0.25, 96),  # a heap that may grow to 512 MB does
    "handles.": Band(0.05, 8),
    "handles.postgres": Band(0.5, 1_500),  # a backend keeps files open that it has read
    "handles.kafka": Band(0.25, 100),  # so does a broker, of segments
    "connections": Band(0.0, 4),
    "parked": Band(0.0, 0.0),
    "lag.records": Band(0.5, 1_000),
    "dead.": Band(0.5, 50_000),
    "size_kib.": Band(0.25, 8_192),
    "p50_ms.": Band(0.25, 2),
    "p99_ms.": Band(0.50, 15),
}
"""By how much each may grow over the judged time; what isn't named here is noted and not judged."""


def soak(minutes: float, share: float, json_file: Path | None, record: Path | None) -> bool:
    """Soak on a private stack with all four services, print, write the JSON if asked; tell whether all stayed flat.

    Also writes soak.md into the folder `record` if one is given.
    """
    console = Console()
    before = os.getloadavg()
    with place() as at:
        os.environ[HOME_VARIABLE] = str(at.folder)
        whole.up(at.stack, services=True, tell=lambda line: console.print(line, style="dim"))
        os.environ.update(at.stack.environment())
        found = asyncio.run(_soak(at, minutes, share, console, before))
    if json_file:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    if record:
        write_soak(record, found)
    _print(console, found)
    return found.flat


async def _soak(
    at: Place, minutes: float, share: float, console: Console, before: tuple[float, float, float]
) -> Soaked:
    token = development_token(read(KernelSettings), ALL_SCOPES, subject="bench")
    services = at.stack.state.services
    ports = {name: urlsplit(service.url).port or 0 for name, service in services.items()}
    groups = {name: [service.process.pid] for name, service in services.items()}
    on = await machine(at, before)
    async with Measured() as measured, load(at.bootstrap_servers, ports, token) as work:
        watch = Watch({**groups, "postgres": at.postgres, "kafka": at.kafka}, measured, work)
        most = await capacity(work, watch)
        console.print(f"capacity {most:,.0f} operations/s; soaking at {share:.0%} of it for {minutes:g} minutes")
        work.window()
        work.errors.clear()
        samples = await _hold(work, watch, share * most, minutes * 60)
        late = await caught_up(watch)
    verdicts = judge(samples.series, BANDS)
    flat = all(verdict.flat for verdict in verdicts) and not work.errors
    return Soaked(
        on, minutes, share, most, share * most, {kind: MIX.count(kind) for kind in sorted(set(MIX))},
        samples.whole, dict(work.errors), late, samples.series, verdicts, flat,
    )  # fmt: skip


class Samples:
    """What was sampled, by name, and the percentiles of the whole time."""

    def __init__(self) -> None:
        self.series: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.whole: dict[str, Percentiles] = {}

    def add(self, at: float, values: Mapping[str, float]) -> None:
        """Add one look."""
        for name, value in values.items():
            self.series[name].append((round(at, 1), round(value, 3)))


async def _hold(work: Load, watch: Watch, rate: float, seconds: float) -> Samples:
    samples = Samples()
    everything: dict[str, list[float]] = defaultdict(list)
    start = time.perf_counter()

    async def look() -> None:
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            values = await watch.look()
            for kind, took in work.window().items():
                found = percentiles(took)
                values |= {f"p50_ms.{kind}": found.p50, f"p99_ms.{kind}": found.p99, f"done.{kind}": len(took)}
                everything[kind] += took
            samples.add(time.perf_counter() - start, values)

    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look())
        await pace(work.one, work.told, rate=rate, seconds=seconds)
        looking.cancel()
    for kind, took in work.window().items():
        everything[kind] += took
    samples.whole = {kind: percentiles(took) for kind, took in everything.items()}
    return samples


def _print(console: Console, found: Soaked) -> None:
    table = Table("series", "median", "growth", "allowed", "flat")
    for verdict in found.verdicts:
        numbers = (f"{number:,.1f}" for number in (verdict.median, verdict.growth, verdict.allowed))
        table.add_row(verdict.name, *numbers, "yes" if verdict.flat else "NO")
    console.print(table)
    for kind, item in found.whole.items():
        console.print(f"{kind:10} {item.count:8,} p50 {item.p50:.1f} p99 {item.p99:.1f} max {item.max:.0f} ms")
    console.print(f"errors: {dict(found.errors) or 'none'}; caught up {found.caught_up_seconds} s after the end")
    console.print("flat" if found.flat else "NOT flat")
