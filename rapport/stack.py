"""The whole of Rapport on this machine: the embedded stack, its topics and tables, and the four services."""

import asyncio
import hashlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import httpx

from rapport.services import SERVICES, load, outside_topics, topics
from shared.migrations import KEYS, migrate, migrate_keys
from shared.stack import jars
from shared.stack.errors import StackError
from shared.stack.ports import choose_port
from shared.stack.processes import last_words, start_detached
from shared.stack.stack import ServiceProcess, Stack, State
from shared.stack.topics import ensure_topics

READY_SECONDS = 30.0
BOOTSTRAP = "KAFKA_BOOTSTRAP_SERVERS"


def database_variable(service: str) -> str:
    """Return the name of the variable with the address of a service's database."""
    return f"{service.upper()}_DATABASE_URL"


def embedded_databases() -> list[str]:
    """Return the services, and `keys`, for which the environment names no database: the stack has them."""
    return [name for name in (*SERVICES, KEYS) if not os.environ.get(database_variable(name))]


def configured() -> bool:
    """Tell whether the environment names all databases and a Kafka: then nothing is embedded."""
    return not embedded_databases() and bool(os.environ.get(BOOTSTRAP))


def environment(stack: Stack, services: Sequence[str] = SERVICES) -> Mapping[str, str]:
    """Return the variables by which these services find their parts: the user's own, else the running stack's.

    Raises StackError when one of them is neither set nor running.
    """
    state = stack.state
    runs = {**_databases(state), **_kafka(state)}
    needed = (*map(database_variable, (*services, KEYS)), BOOTSTRAP)
    found = {name: os.environ.get(name) or runs.get(name) for name in needed}
    missing = [name for name, value in found.items() if not value]
    if missing:
        raise StackError(
            f"PostgreSQL or Kafka doesn't run in {stack.home}: start them with `rapport up`,"
            f" or set {', '.join(missing)} to yours."
        )
    return {name: value for name, value in found.items() if value}


def _databases(state: State) -> Mapping[str, str]:
    if state.postgres is None or not state.postgres.alive:
        return {}
    return {database_variable(name): url for name, url in state.databases.items()}


def _kafka(state: State) -> Mapping[str, str]:
    alive = any(process.alive for process in state.brokers)
    return {BOOTSTRAP: state.bootstrap_servers} if alive and state.bootstrap_servers else {}


def enter(stack: Stack, *services: str) -> None:
    """Put the addresses of these services' parts into this process's environment, where settings are read from."""
    os.environ.update(environment(stack, services))


def up(stack: Stack, *, services: bool, tell: Callable[[str], None]) -> None:
    """Start what doesn't run: PostgreSQL, Kafka, the topics, the tables, and with `services` the four services."""
    if not configured():
        if not os.environ.get(BOOTSTRAP) and not jars.are_here():
            tell("Fetching Kafka's jars, 44 MB, once for this machine ...")
        for line in stack.up(embedded_databases(), kafka=not os.environ.get(BOOTSTRAP)):
            tell(line)
    variables = environment(stack)
    for line in asyncio.run(_prepare(variables)):
        tell(line)
    if services:
        with stack.locked():
            for name in SERVICES:
                tell(_start_service(stack, name, variables))
        _wait_until_ready(stack)


async def _prepare(variables: Mapping[str, str]) -> list[str]:
    made = await ensure_topics(variables[BOOTSTRAP], topics(), outside=outside_topics())
    told = [f"Topics made: {', '.join(made)}"] if made else []
    for name in (KEYS, *SERVICES):
        url = variables[database_variable(name)]
        applied = await (migrate_keys(url) if name == KEYS else migrate(load(name), url))
        if applied:
            told.append(f"{name}: tables brought to {applied[-1]}")
    return told


def _start_service(stack: Stack, name: str, variables: Mapping[str, str]) -> str:
    state = stack.state
    known = state.services.get(name)
    given = hashlib.sha256(repr(sorted({**_settings(name), **variables}.items())).encode()).hexdigest()
    if known is not None and known.process.alive:
        if known.given == given:
            return f"{name} already runs ({known.url})"
        known.process.stop(10)  # it was started on parts that are no longer where they were, or on other settings
    port, metrics_port = (_service_port(state, name, purpose) for purpose in ("PORT", "METRICS_PORT"))
    own = {f"{name.upper()}_PORT": str(port), f"{name.upper()}_METRICS_PORT": str(metrics_port)}
    command = [sys.executable, "-m", "rapport", "run", name]
    process = start_detached(command, stack.logs / f"{name}.log", {**variables, **own})
    url = f"http://127.0.0.1:{port}"
    state.services[name] = ServiceProcess(process, url, f"http://127.0.0.1:{metrics_port}/metrics", given)
    stack.remember(state)
    return f"{name} started ({url})"


def _settings(service: str) -> Mapping[str, str]:
    """Return the service's own settings: what this process's environment has of them, the service gets, too."""
    return {name: value for name, value in os.environ.items() if name.startswith(f"{service.upper()}_")}


def _service_port(state: State, name: str, purpose: str) -> int:
    variable = f"{name.upper()}_{purpose}"
    state.ports[variable] = choose_port(variable, state.ports.get(variable))
    return state.ports[variable]


def _wait_until_ready(stack: Stack) -> None:
    deadline = time.monotonic() + READY_SECONDS
    for name, service in stack.state.services.items():
        while not is_ready(service.url):
            if not service.process.alive or time.monotonic() > deadline:
                log = stack.logs / f"{name}.log"
                raise StackError(f"{name} didn't become ready ({last_words(log)}): {log} has more.")
            time.sleep(0.05)


def is_ready(url: str) -> bool:
    """Ask a service whether it may be given work."""
    try:
        return httpx.get(f"{url}/readyz", timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
