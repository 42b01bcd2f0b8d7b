"""The whole of Rapport on this machine: the embedded stack, its topics and tables, and the four services."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping

import httpx

from rapport.services import SERVICES, load, topics
from shared.migrations import migrate
from shared.stack.errors import StackError
from shared.stack.processes import Process, free_port, start_detached
from shared.stack.stack import ServiceProcess, Stack
from shared.stack.topics import ensure_topics

READY_SECONDS = 30.0


def configured() -> bool:
    """Tell whether the environment names a PostgreSQL for each service and a Kafka: then nothing is embedded."""
    names = [f"{name.upper()}_DATABASE_URL" for name in SERVICES]
    return all(os.environ.get(name) for name in (*names, "KAFKA_BOOTSTRAP_SERVERS"))


def environment(stack: Stack) -> Mapping[str, str]:
    """Return the variables by which services find their parts: the user's own, else the running stack's.

    Raises StackError when neither is there.
    """
    found = {} if configured() else stack.environment()
    if not configured() and len(found) <= len(SERVICES):
        raise StackError("Nothing runs here: start PostgreSQL and Kafka with `rapport up`, or set *_DATABASE_URL.")
    return found


def up(stack: Stack, *, services: bool, tell: Callable[[str], None]) -> None:
    """Start what doesn't run: PostgreSQL, Kafka, the topics, the tables, and with `services` the four services."""
    if not configured():
        for line in stack.up(SERVICES):
            tell(line)
    variables = environment(stack)
    for line in asyncio.run(_prepare({**os.environ, **variables})):
        tell(line)
    if services:
        with stack.locked():
            for name in SERVICES:
                tell(_start_service(stack, name, variables))
        _wait_until_ready(stack)


async def _prepare(variables: Mapping[str, str]) -> list[str]:
    made = await ensure_topics(variables["KAFKA_BOOTSTRAP_SERVERS"], topics())
    told = [f"Topics made: {', '.join(made)}"] if made else []
    for name in SERVICES:
        applied = await migrate(load(name), variables[f"{name.upper()}_DATABASE_URL"])
        if applied:
            told.append(f"{name}: tables brought to {applied[-1]}")
    return told


def _start_service(stack: Stack, name: str, variables: Mapping[str, str]) -> str:
    state = stack.state
    known = state.services.get(name)
    if known is not None and known.process.alive:
        return f"{name} already runs ({known.url})"
    port, metrics_port = free_port(), free_port()
    own = {f"{name.upper()}_PORT": str(port), f"{name.upper()}_METRICS_PORT": str(metrics_port)}
    command = [sys.executable, "-m", "rapport", "run", name]
    process: Process = start_detached(command, stack.logs / f"{name}.log", {**variables, **own})
    url = f"http://127.0.0.1:{port}"
    state.services[name] = ServiceProcess(process, url, f"http://127.0.0.1:{metrics_port}/metrics")
    stack.remember(state)
    return f"{name} started ({url})"


def _wait_until_ready(stack: Stack) -> None:
    deadline = time.monotonic() + READY_SECONDS
    for name, service in stack.state.services.items():
        while not is_ready(service.url):
            if not service.process.alive or time.monotonic() > deadline:
                raise StackError(f"{name} didn't become ready: the end of {stack.logs / f'{name}.log'} says why.")
            time.sleep(0.05)


def is_ready(url: str) -> bool:
    """Ask a service whether it may be given work."""
    try:
        return httpx.get(f"{url}/readyz", timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
