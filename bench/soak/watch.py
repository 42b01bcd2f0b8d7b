"""What a soak samples: memory, handles, connections, lag, dead rows and processor time of everything that runs."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import psutil

from bench.demand import Parts
from bench.soak.load import Load
from rapport.demo.measure import Measured

DEAD = "SELECT relname, n_dead_tup, pg_total_relation_size(relid) FROM pg_stat_user_tables WHERE relname = ANY($1)"
WATCHED = ("outbox", "consumer_position", "relay_partition")
"""Tables whose rows come and go: what isn't cleaned up behind them grows without end."""

SIZE = "SELECT pg_database_size(current_database())"
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"


class Watch:
    """Looks at the processes of each group, and at the services' databases."""

    def __init__(self, groups: Mapping[str, Sequence[int]], measured: Measured, load: Load) -> None:
        self._groups = groups
        self._parts = Parts(groups)
        self._measured = measured
        self._load = load

    async def look(self) -> dict[str, float]:
        """Return all values by name: `memory_mib.contact`, `handles.contact`, `lag.records`, `dead.outbox`, ..."""
        found: dict[str, float] = {}
        for name, pids in self._groups.items():
            processes = [process for pid in pids for process in _tree(pid)]
            found[f"memory_mib.{name}"] = round(sum(map(_memory, processes)) / 2**20, 1)
            found[f"handles.{name}"] = sum(map(_handles, processes))
        found |= {f"processor_s.{name}": round(seconds, 2) for name, seconds in self._parts.spent().items()}
        found["lag.records"] = await self.lag()
        return found | await self._databases()

    async def lag(self) -> int:
        """Return how many events and touchpoints somebody has yet to take, outboxes included."""
        progress = await self._measured.progress()
        behind = sum(progress.wanted.values()) - sum(progress.taken.values())
        return max(0, self._load.produced - progress.touchpoints) + behind + progress.waiting

    async def _databases(self) -> dict[str, float]:
        found: dict[str, float] = {"size_mib.databases": 0.0, "parked": 0.0}
        for name in WATCHED:
            found |= {f"dead.{name}": 0.0, f"size_kib.{name}": 0.0}
        for at in self._measured.opened.values():
            found["parked"] += await at.parking_lot.count()
            found["size_mib.databases"] += (await at.pool.fetchval(SIZE)) / 2**20
            for name, dead, size in await at.pool.fetch(DEAD, WATCHED):
                found[f"dead.{name}"] += dead
                found[f"size_kib.{name}"] += size / 1024
        found["connections"] = await self._measured.opened["contact"].pool.fetchval(CONNECTIONS)
        return found


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _memory(process: psutil.Process) -> int:
    """Return the proportional set size where the system tells it: shared pages count once over all who share them."""
    with suppress(psutil.Error, OSError):
        found = process.memory_full_info()
        return int(getattr(found, "pss", found.uss))
    return 0


def _handles(process: psutil.Process) -> int:
    with suppress(psutil.Error, OSError):
        return process.num_fds()
    return 0
