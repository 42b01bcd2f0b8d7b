"""What the figures were measured on: without it they say nothing."""

import os
import platform
import statistics
import time
from pathlib import Path

import psutil
from msgspec import Struct

from bench.place import Place
from shared.stack.jars import class_path

SYNCS = 100
BLOCK = 8192


class Machine(Struct, frozen=True):
    """The machine, the versions, and how it was before: its load averages, and milliseconds of one block's fsync."""

    system: str
    processor: str
    cores: int
    memory_mib: int
    python: str
    postgresql: str
    kafka: str
    load_average: tuple[float, float, float]
    fsync_ms: float
    fsync_p99_ms: float


async def machine(at: Place, load_average: tuple[float, float, float]) -> Machine:
    """Look at the machine, and try its disk in the folder of the stack."""
    syncs = _syncs(at.folder)
    return Machine(
        f"{platform.system()} {platform.release()}",
        _processor(),
        psutil.cpu_count() or 0,
        psutil.virtual_memory().total >> 20,
        platform.python_version(),
        await at.postgresql_version(),
        _kafka_version(),
        load_average,
        round(statistics.median(syncs), 3),
        round(sorted(syncs)[SYNCS * 99 // 100], 3),
    )


def _processor() -> str:
    """Return the model's name where Linux tells it, else the architecture."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _kafka_version() -> str:
    names = [jar.stem for jar in class_path()]
    return next((name.rpartition("-")[2] for name in names if name.startswith("kafka_")), "unknown")


def _syncs(folder: Path) -> list[float]:
    """Return the milliseconds that a block takes to be safe, as a commit's does."""
    file = folder / "sync"
    took = []
    with file.open("wb", buffering=0) as written:
        for _ in range(SYNCS):
            start = time.perf_counter()
            written.write(b"0" * BLOCK)
            os.fdatasync(written.fileno())
            took.append((time.perf_counter() - start) * 1000)
    file.unlink()
    return took
