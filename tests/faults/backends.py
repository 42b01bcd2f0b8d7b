"""Who is behind a session of PostgreSQL: the process that leads a relay; and a session's own process, to be killed."""

import asyncio
import os
import signal

import asyncpg

from shared.stack.processes import Process
from tests.faults.deployment import Deployment

LEADER = """
SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objid = (hashtext('relay-0')::bigint & 4294967295)::oid
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
SESSIONS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'rapport-%' AND pid <> pg_backend_pid() ORDER BY pid
"""
UNREACHABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
PATIENCE_SECONDS = 5


async def relay_leader(deployment: Deployment, service: str) -> str | None:
    """Return the name of the replica that leads the service's relay; None while nobody does, or nobody can say."""
    try:
        found = await _ask(deployment, service, LEADER)
    except UNREACHABLE:
        return None
    if not found:
        return None
    pid = int(found[0][0].rpartition("-")[2])
    names = (name for name in deployment.names(service=service, role="worker") if deployment.process(name).pid == pid)
    return next(names, None)


async def kill_a_backend(deployment: Deployment, service: str) -> bool:
    """Kill the process of one of the service's sessions: PostgreSQL then begins anew, for all. Tell whether it did."""
    try:
        pids = [row[0] for row in await _ask(deployment, service, SESSIONS)]
    except UNREACHABLE:
        return False
    if not pids:
        return False
    victim = Process.of(deployment.random.choice(pids))
    os.kill(victim.pid, signal.SIGKILL)
    deployment.kills += 1
    deployment.tell(f"SIGKILL to a backend of {service}")
    return True


async def _ask(deployment: Deployment, service: str, query: str) -> list[asyncpg.Record]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        connection = await asyncpg.connect(deployment.postgres.url(service))
        try:
            found: list[asyncpg.Record] = await connection.fetch(query)
            return found
        finally:
            await connection.close(timeout=1)
