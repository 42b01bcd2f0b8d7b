"""What `rapport doctor` looks at, from the ground up: the machine, the parts, and each service on them."""

import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from msgspec import Struct

from rapport.commands.opened import opened
from rapport.services import SERVICES, load, topics
from rapport.stack import BOOTSTRAP, configured, database_variable, environment, is_ready
from shared.clock import system_clock
from shared.consumers.progress import places
from shared.migrations import KEYS, pending, pending_keys
from shared.privacy.master_keys import EnvironmentMasterKeys
from shared.privacy.postgres_keys import PostgresKeyStore
from shared.relay.ahead import Ahead
from shared.relay.copied import lacking
from shared.runtime.pool import connect
from shared.settings import KernelSettings, SettingsInvalid, read
from shared.settings import load as load_settings
from shared.stack.errors import StackError
from shared.stack.jars import class_path
from shared.stack.java import find_java
from shared.stack.stack import FREE_BYTES, Stack
from shared.stack.topics import partitions
from shared.store.contract import PARTITIONS
from shared.timers.shelf import Shelf

OLDEST_PYTHON = (3, 11)
FAILURES = (
    OSError,
    TimeoutError,
    KafkaError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    SettingsInvalid,
    StackError,
)


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    what: str
    ok: bool
    found: str
    next_step: str = ""


class Amiss(Exception):
    """What was looked at isn't as it should be; `next_step` mends it."""

    def __init__(self, found: str, next_step: str) -> None:
        super().__init__(found)
        self.next_step = next_step


Check = Callable[[], Awaitable[str]]


async def examine(stack: Stack) -> list[Finding]:
    """Look at everything; what stands on something that is amiss is not looked at."""
    findings = [await _look("Python", "", _python)]
    if not configured():
        for what, check in (("disk", lambda: _disk(stack.home)), ("Java", _java), ("Kafka's jars", _jars)):
            findings.append(await _look(what, "", check))
    try:
        variables = environment(stack)
    except StackError as error:
        return [*findings, Finding("PostgreSQL and Kafka", ok=False, found=str(error), next_step="rapport up")]
    findings.append(await _look("Kafka", "rapport up", lambda: _kafka(variables[BOOTSTRAP])))
    findings.append(await _look("keys", f"rapport migrate {KEYS}", lambda: _keys(variables[database_variable(KEYS)])))
    for name in SERVICES:
        findings += await _service(stack, name, variables[database_variable(name)])
    return findings


async def _look(what: str, next_step: str, check: Check) -> Finding:
    try:
        return Finding(what, ok=True, found=await check())
    except Amiss as amiss:
        return Finding(what, ok=False, found=str(amiss), next_step=amiss.next_step)
    except FAILURES as error:
        return Finding(what, ok=False, found=str(error) or type(error).__name__, next_step=next_step)


async def _python() -> str:
    if sys.version_info < OLDEST_PYTHON:
        raise Amiss(sys.version.split()[0], "use Python 3.11 or newer")
    return sys.version.split()[0]


async def _disk(home: Path) -> str:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < FREE_BYTES:
        raise Amiss(f"{free >> 20} MiB are free in {there}", "free some, or set RAPPORT_HOME to another disk")
    return f"{free >> 30} GiB are free in {there}"


async def _java() -> str:
    return str(find_java())


async def _jars() -> str:
    return f"{len(class_path(offline=True))} jars, each as locked"


async def _kafka(bootstrap_servers: str) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=5000)
    try:
        await admin.start()
        known = await partitions(admin)
    finally:
        await admin.close()
    missing = [name for name in topics() if name not in known]
    if missing:
        raise Amiss(f"topics are missing: {', '.join(missing)}", "rapport up")
    wrong = [name for name in topics() if known[name] != PARTITIONS]
    if wrong:
        raise Amiss(f"not {PARTITIONS} partitions: {', '.join(wrong)}", "delete these topics, or use another Kafka")
    return f"{len(topics())} topics of {PARTITIONS} partitions at {bootstrap_servers}"


async def _keys(database_url: str) -> str:
    await _postgres(database_url)
    if missing := await pending_keys(database_url):
        raise Amiss(f"revisions are missing: {', '.join(missing)}", f"rapport migrate {KEYS}")
    masters = EnvironmentMasterKeys(read(KernelSettings, kafka_bootstrap_servers="-").master_keys.get_secret_value())
    pool = await connect(database_url, size=1)
    try:
        counts = await PostgresKeyStore(pool).count()
    finally:
        await pool.close()
    lost = [name for name in counts if name and name not in masters.names]
    if lost:
        raise Amiss(f"MASTER_KEYS lacks {', '.join(lost)}, which wraps data keys", "put it back into MASTER_KEYS")
    return f"{sum(count for name, count in counts.items() if name):,} data keys, wrapped by {masters.current}"


async def _service(stack: Stack, name: str, database_url: str) -> list[Finding]:
    findings = [
        await _look(f"{name}: settings", "set these variables", lambda: _settings(stack, name)),
        await _look(f"{name}: PostgreSQL", "rapport up", lambda: _postgres(database_url)),
    ]
    if not all(item.ok for item in findings):
        return findings
    findings.append(await _look(f"{name}: tables", f"rapport migrate {name}", lambda: _tables(name, database_url)))
    if findings[-1].ok:
        findings.append(await _look(f"{name}: topic", "rapport doctor", lambda: _topic(name)))
        findings.append(await _look(f"{name}: messages", f"rapport parked list {name}", lambda: _messages(name)))
        findings.append(await _look(f"{name}: timers", f"rapport timers list {name}", lambda: _timers(name)))
    running = stack.state.services.get(name)
    if running is not None:
        findings.append(await _look(f"{name}: process", "rapport up", lambda: _ready(running.url)))
    return findings


async def _settings(stack: Stack, name: str) -> str:
    os.environ.update(environment(stack, [name]))
    kernel, _ = load_settings(KernelSettings, load(name).settings)
    return f"all can be used ({kernel.environment})"


async def _postgres(database_url: str) -> str:
    connection = await asyncpg.connect(database_url, timeout=5)
    try:
        version = connection.get_server_version()
        database = await connection.fetchval("SELECT current_database()")
    finally:
        await connection.close()
    return f"{version.major}.{version.minor}, database {database}"


async def _tables(name: str, database_url: str) -> str:
    missing = await pending(load(name), database_url)
    if missing:
        raise Amiss(f"revisions are missing: {', '.join(missing)}", f"rapport migrate {name}")
    return "up to date"


async def _topic(name: str) -> str:
    """Compare the service's own log and topic, at their ends: each can be mended from the other."""
    async with opened(name) as at:
        try:
            found = await lacking(at.pool, at.service.topic, at.bootstrap_servers)
        except Ahead as ahead:
            raise Amiss(str(ahead), f"stop {name}, then rapport recover {name}") from ahead
    if found:
        first = f" --partition {found[0].partition} --from {found[0].first}" if len(found) == 1 else ""
        partitions = ", ".join(str(item.partition) for item in found)
        raise Amiss(f"it lacks events of the log in partitions {partitions}", f"rapport republish {name}{first}")
    return "holds the log's beginning and end"


async def _messages(name: str) -> str:
    async with opened(name) as at:
        parked = await at.parking_lot.count()
        holes = [place for place in await places(at.pool) if place.hole]
    if holes:
        hole = holes[0]
        raise Amiss(
            f"{hole.topic} lacks events from number {hole.next_seq} of partition {hole.partition}",
            f"rapport republish {hole.topic} --partition {hole.partition} --from {hole.next_seq}",
        )
    if parked:
        raise Amiss(f"{parked} messages are parked", f"rapport parked list {name}")
    return "none parked, none missing"


async def _timers(name: str) -> str:
    async with opened(name) as at:
        count = await Shelf(at.pool).count(system_clock())
    if count.aside:
        raise Amiss(f"{count.aside} timers were set aside", f"rapport timers list {name}")
    return f"{count.due} due, none set aside"


async def _ready(url: str) -> str:
    if not is_ready(url):
        raise Amiss(f"{url} isn't ready", "rapport up")
    return url
