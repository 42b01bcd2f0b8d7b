"""Who is behind a session of PostgreSQL: the process that leads a relay; and a session's own process."""

import asyncio

import asyncpg
import psutil

from shared.stack.processes import Process
from tests.faults.deployment import Deployment
from tests.faults.steps.step import StepFailed

LEADER = """
SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objid = (hashtext('relay-0')::bigint & 4294967295)::oid
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
SESSIONS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'rapport-%' AND pid <> pg_backend_pid() ORDER BY pid
"""
LEADS = ".relay-leader"
PATIENCE_SECONDS = 5
SEARCH_SECONDS = 30


async def find_part(deployment: Deployment, part: str) -> str:
    """Return the name that `part` stands for: its own, or of `<service>.relay-leader` the worker that leads then.

    Raises StepFailed when nobody leads for half a minute.
    """
    if not part.endswith(LEADS):
        return part
    deadline = deployment.now + SEARCH_SECONDS
    while deployment.now < deadline:
        found = await relay_leader(deployment, part.removesuffix(LEADS))
        if found:
            return found
        await asyncio.sleep(0.2)
    raise StepFailed(f"nobody leads the relay of {part.removesuffix(LEADS)}")


async def relay_leader(deployment: Deployment, service: str) -> str | None:
    """Return the name of the replica that leads the service's relay; None while nobody does, or nobody can say."""
    found = await _ask(deployment, service, LEADER)
    if not found:
        return None
    pid = int(str(found[0]).rpartition("-")[2])
    for name in deployment.names(service=service, role="worker"):
        process = deployment.parts[name].process
        if process is not None and process.pid == pid:
            return name
    return None


async def find_backend(deployment: Deployment, service: str) -> Process | None:
    """Return the process of PostgreSQL behind one of the service's sessions; None where there is none just now."""
    pids = await _ask(deployment, service, SESSIONS)
    try:
        return Process.of(int(str(deployment.random.choice(pids)))) if pids else None
    except psutil.NoSuchProcess:
        return None  # it ended while we asked


async def _ask(deployment: Deployment, service: str, query: str) -> list[object]:
    """Return the first column of what the service's database answers; nothing while it can't be reached."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            connection = await asyncpg.connect(deployment.postgres.url(service))
            try:
                return [row[0] for row in await connection.fetch(query)]
            finally:
                await connection.close(timeout=1)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return []
