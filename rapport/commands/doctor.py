"""`rapport doctor`: is everything there, and if not, what comes next."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import typer
from aiokafka.admin import AIOKafkaAdminClient
from msgspec import Struct
from rich.table import Table

from rapport.commands.opened import opened
from rapport.output import Json, console, print_json
from rapport.services import SERVICES, topics
from rapport.stack import configured, environment, is_ready
from shared.consumers.progress import places
from shared.migrations import pending
from shared.stack.errors import StackError
from shared.stack.jars import class_path
from shared.stack.java import find_java
from shared.stack.stack import Stack


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    what: str
    ok: bool
    found: str
    next_step: str = ""


class Amiss(Exception):
    """Something was found that has a next step of its own."""

    def __init__(self, found: str, next_step: str) -> None:
        super().__init__(found)
        self.next_step = next_step


def doctor(as_json: Json = False) -> None:
    """Look at the whole set-up and say the next step for whatever is amiss. Exit code 1 when something is.

    Example: `rapport doctor`
    """
    findings = asyncio.run(_examine())
    if as_json:
        print_json(findings)
    else:
        table = Table("", "what", "found", "next step")
        for item in findings:
            table.add_row("[green]ok[/green]" if item.ok else "[red]no[/red]", item.what, item.found, item.next_step)
        console.print(table)
    if not all(item.ok for item in findings):
        raise typer.Exit(1)


async def _examine() -> list[Finding]:
    findings = [_python(), *_embedded()]
    try:
        variables = dict(environment(Stack()))
    except StackError as error:
        return [*findings, Finding("parts", ok=False, found=str(error), next_step="rapport up")]
    findings.append(await _try("Kafka", "rapport up", lambda: _kafka(variables)))
    for name in SERVICES:
        findings += await _service(name)
    return findings


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "" if sys.version_info >= (3, 11) else "use 3.11+")


def _embedded() -> list[Finding]:
    if configured():
        return [Finding("embedded stack", ok=True, found="not used: the environment names PostgreSQL and Kafka")]
    found: list[Finding] = []
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("Java", lambda: str(find_java())),
        ("Kafka's jars", lambda: f"{len(class_path())} jars, each as locked"),
    )
    for what, check in checks:
        try:
            found.append(Finding(what, ok=True, found=check()))
        except StackError as error:
            found.append(Finding(what, ok=False, found="missing", next_step=str(error)))
    return found


async def _kafka(variables: dict[str, str]) -> str:
    import os

    admin = AIOKafkaAdminClient(
        bootstrap_servers=variables.get("KAFKA_BOOTSTRAP_SERVERS") or os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    )
    await admin.start()
    try:
        missing = set(topics()) - set(await admin.list_topics())
    finally:
        await admin.close()
    if missing:
        raise LookupError(f"topics are missing: {', '.join(sorted(missing))}")
    return "all topics are there"


async def _service(name: str) -> list[Finding]:
    findings = [await _try(f"{name}: tables", f"rapport migrate {name}", lambda: _tables(name))]
    if findings[0].ok:
        findings.append(await _try(f"{name}: messages", f"rapport parked list {name}", lambda: _messages(name)))
    running = Stack().state.services.get(name)
    if running is not None:
        ready = is_ready(running.url)
        findings.append(
            Finding(f"{name}: process", ready, running.url if ready else "isn't ready", "" if ready else "rapport up")
        )
    return findings


async def _tables(name: str) -> str:
    async with opened(name) as at:
        url = await at.pool.fetchval("SELECT current_database()")
        from rapport.commands.migrate import database_urls

        missing = await pending(at.service, database_urls()[name])
    if missing:
        raise LookupError(f"revisions are missing: {', '.join(missing)}")
    return f"database {url} is up to date"


async def _messages(name: str) -> str:
    async with opened(name) as at:
        parked = await at.parking_lot.count()
        holes = [place for place in await places(at.pool) if place.hole]
    if parked:
        raise LookupError(f"{parked} messages are parked")
    if holes:
        first = holes[0]
        raise Amiss(
            f"{first.topic} lacks events from number {first.next_seq} of partition {first.partition}",
            f"rapport republish {first.topic} --partition {first.partition} --from {first.next_seq}",
        )
    return "none parked, none missing"


async def _try(what: str, next_step: str, check: Callable[[], Awaitable[Any]]) -> Finding:
    try:
        return Finding(what, ok=True, found=str(await check()))
    except Amiss as error:
        return Finding(what, ok=False, found=str(error), next_step=error.next_step)
    except (OSError, LookupError, StackError, asyncpg.PostgresError) as error:
        return Finding(what, ok=False, found=str(error), next_step=next_step)
