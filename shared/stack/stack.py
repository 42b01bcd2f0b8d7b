"""The embedded stack: what `rapport up` starts, what it remembers in `.rapport/`, and how it is taken down."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from fasteners import InterProcessLock
from msgspec import Struct

from shared.stack.errors import StackError
from shared.stack.kafka import Kafka
from shared.stack.postgres import Postgres
from shared.stack.processes import Process, free_port, port_is_free, reap

HOME_VARIABLE = "RAPPORT_HOME"
KAFKA_PORT_VARIABLE = "RAPPORT_KAFKA_PORT"
FREE_BYTES = 1 << 30
"""The least free disk with which the stack starts: PostgreSQL and Kafka must not meet a full one at once."""


class ServiceProcess(Struct, frozen=True):
    """A service that `up` started: its process and where it answers."""

    process: Process
    url: str
    metrics_url: str


class State(Struct):
    """What is known of the parts: written after each step, so that a crash leaves nothing unknown."""

    kafka_port: int | None = None
    controller_port: int | None = None
    kafka: Process | None = None
    postgres: Process | None = None
    databases: dict[str, str] = {}
    services: dict[str, ServiceProcess] = {}


class Stack:
    """PostgreSQL and Kafka of one folder, for the databases and services named."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = (home or Path(os.environ.get(HOME_VARIABLE, ".rapport"))).resolve()
        self._file = self.home / "stack.json"
        self.logs = self.home / "logs"

    @property
    def state(self) -> State:
        """What the stack remembers; empty before the first start."""
        if not self._file.exists():
            return State()
        return msgspec.json.decode(self._file.read_bytes(), type=State)

    def remember(self, state: State) -> None:
        """Write the state, whole or not at all."""
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
        fresh.replace(self._file)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one command at a time change the stack; another waits."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            with InterProcessLock(self.home / "lock"):
                yield
        except OSError as error:
            raise StackError(
                f"{self.home} can't be used ({error.strerror}): set {HOME_VARIABLE} to another folder."
            ) from error

    def up(self, databases: Sequence[str]) -> list[str]:
        """Start what doesn't run; return one line for each part that tells what was done."""
        with self.locked():
            reap()
            self._need_room()
            return [self._start_postgres(databases), self._start_kafka()]

    def _need_room(self) -> None:
        free = shutil.disk_usage(self.home).free
        if free < FREE_BYTES:
            raise StackError(
                f"Only {free >> 20} MiB are free under {self.home}, and the stack needs {FREE_BYTES >> 20}:"
                f" free some, or set {HOME_VARIABLE} to a folder on another disk."
            )

    def _start_postgres(self, databases: Sequence[str]) -> str:
        state = self.state
        server = Postgres(self.home / "postgres")
        ran = state.postgres is not None and state.postgres.alive
        state.postgres = server.start()
        state.databases = {name: server.ensure_database(name) for name in databases}
        self.remember(state)
        return f"PostgreSQL {'already runs' if ran else 'started'} ({self.home / 'postgres'})"

    def _start_kafka(self) -> str:
        state = self.state
        if state.kafka is not None and state.kafka.alive:
            return f"Kafka already runs (127.0.0.1:{state.kafka_port})"
        state.kafka_port = _choose(state.kafka_port, os.environ.get(KAFKA_PORT_VARIABLE))
        state.controller_port = _choose(state.controller_port, None)
        kafka = Kafka(self.home / "kafka", state.kafka_port, state.controller_port, self.logs / "kafka.log")
        state.kafka = kafka.start()
        self.remember(state)
        return f"Kafka started ({kafka.bootstrap_servers})"

    def down(self) -> list[str]:
        """Stop everything that runs, services first; return one line for each part that was stopped."""
        with self.locked():
            state = self.state
            told = [f"{name} stopped" for name, service in state.services.items() if service.process.alive]
            for service in state.services.values():
                service.process.stop(12)
            if state.kafka is not None and state.kafka.alive:
                state.kafka.stop(20)
                told.append("Kafka stopped")
            if state.postgres is not None and state.postgres.alive:
                Postgres(self.home / "postgres").stop()
                told.append("PostgreSQL stopped")
            self.remember(State(kafka_port=state.kafka_port, controller_port=state.controller_port))
            reap()
            return told

    def environment(self) -> Mapping[str, str]:
        """Return the variables that lead a service to this stack; what is set outside wins."""
        state = self.state
        own = {f"{name.upper()}_DATABASE_URL": url for name, url in state.databases.items()}
        if state.kafka_port:
            own["KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{state.kafka_port}"
        return {**own, **{name: os.environ[name] for name in own if name in os.environ}}


def _choose(last: int | None, wanted: str | None) -> int:
    """Return the port that was asked for, else the last one while it is free, else a free one."""
    if wanted:
        if not port_is_free(int(wanted)):
            raise StackError(f"Port {wanted} is taken: set {KAFKA_PORT_VARIABLE} to a free one, or unset it.")
        return int(wanted)
    return last if last and port_is_free(last) else free_port()
