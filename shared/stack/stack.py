"""The embedded stack of one folder: PostgreSQL and Kafka, started where they don't run, remembered, taken down."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from fasteners import InterProcessLock

from shared.stack import state as states
from shared.stack.errors import StackError
from shared.stack.kafka import Kafka
from shared.stack.kafka_settings import BrokerPorts
from shared.stack.ports import choose_port
from shared.stack.postgres import Postgres
from shared.stack.processes import stop_all
from shared.stack.state import ServiceProcess, State

__all__ = ["HOME_VARIABLE", "ServiceProcess", "Stack", "State"]

HOME_VARIABLE = "RAPPORT_HOME"
KAFKA_PORT_VARIABLE = "RAPPORT_KAFKA_PORT"
FREE_BYTES = 1 << 30
"""The least free disk with which the stack starts: PostgreSQL and Kafka must not meet a full one at once."""

SERVICE_STOP_SECONDS = 10


class Stack:
    """PostgreSQL and Kafka of one folder, by default `.rapport`; Kafka of one node or of three."""

    def __init__(self, home: Path | None = None, *, nodes: int = 1) -> None:
        self.home = (home or Path(os.environ.get(HOME_VARIABLE) or ".rapport")).resolve()
        self.logs = self.home / "logs"
        self.postgres = Postgres(self.home / "postgres")
        self._file = self.home / "stack.json"
        self._nodes = nodes

    @property
    def state(self) -> State:
        """What the stack remembers; empty before the first start."""
        return states.read(self._file)

    def remember(self, state: State) -> None:
        """Write the state, whole or not at all."""
        states.write(self._file, state)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one command at a time change the stack; another waits."""
        lock = InterProcessLock(self.home / "lock")
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except OSError as error:
            raise StackError(
                f"{self.home} can't be used ({error.strerror}): set {HOME_VARIABLE} to another folder."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def up(self, databases: Sequence[str], *, kafka: bool = True) -> list[str]:
        """Start what doesn't run; return one line for each part that tells what was done.

        Without `databases` there is no PostgreSQL: the caller has one of their own, and so with `kafka`.
        """
        self._need_platform()
        with self.locked():
            self._need_room()
            told = [self._start_postgres(databases)] if databases else []
            return [*told, self._start_kafka()] if kafka else told

    def _need_platform(self) -> None:
        if sys.platform == "win32":
            raise StackError(
                "The embedded stack runs on Linux and macOS: use WSL, or set"
                " *_DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS to yours."
            )

    def _need_room(self) -> None:
        free = shutil.disk_usage(self.home).free
        if free < FREE_BYTES:
            raise StackError(
                f"Only {free >> 20} MiB are free under {self.home}, and the stack needs {FREE_BYTES >> 20}:"
                f" free some, or set {HOME_VARIABLE} to a folder on another disk."
            )

    def _start_postgres(self, databases: Sequence[str]) -> str:
        state = self.state
        ran = self.postgres.running() is not None
        state.postgres = self.postgres.start()
        self.remember(state)
        state.databases = self.postgres.ensure_databases(databases)
        self.remember(state)
        return f"PostgreSQL {'already runs' if ran else 'started'} ({self.postgres.folder})"

    def _start_kafka(self) -> str:
        state = self.state
        if len(state.brokers) == self._nodes and all(process.alive for process in state.brokers):
            return f"Kafka already runs ({state.bootstrap_servers})"
        ports = [self._broker_ports(state, number) for number in range(1, self._nodes + 1)]
        self.remember(state)
        kafka = self._kafka(ports)
        state.brokers, state.bootstrap_servers = kafka.start(), kafka.bootstrap_servers
        self.remember(state)
        return f"Kafka started ({kafka.bootstrap_servers})"

    def _broker_ports(self, state: State, number: int) -> BrokerPorts:
        """Return where a node listens, or is to listen; a node that runs keeps its ports."""
        last = state.broker_ports(number)
        if last and number <= len(state.brokers) and state.brokers[number - 1].alive:
            return last
        variable = KAFKA_PORT_VARIABLE if number == 1 else f"{KAFKA_PORT_VARIABLE}_{number}"
        ports = BrokerPorts(
            choose_port(variable, last.clients if last else None),
            choose_port(f"{variable}_CONTROLLER", last.controllers if last else None),
        )
        state.ports.update(zip(states.broker_port_names(number), (ports.clients, ports.controllers), strict=True))
        return ports

    def _kafka(self, ports: Sequence[BrokerPorts]) -> Kafka:
        return Kafka(self.home / "kafka", ports, self.logs)

    def down(self) -> list[str]:
        """Stop everything that runs, services first; return one line for each part that was stopped."""
        with self.locked():
            state = self.state
            told = [f"{name} stopped" for name, service in state.services.items() if service.process.alive]
            stop_all((service.process for service in state.services.values()), SERVICE_STOP_SECONDS)
            kafka = self._kafka([BrokerPorts(0, 0)] * max(self._nodes, len(state.brokers)))
            if kafka.running():
                kafka.stop()
                told.append("Kafka stopped")
            if self.postgres.running() is not None:
                self.postgres.stop()
                told.append("PostgreSQL stopped")
            self.remember(State(ports=state.ports))
            return told

    def environment(self) -> Mapping[str, str]:
        """Return the variables that lead a service to this stack; what is set outside wins."""
        state = self.state
        own = {f"{name.upper()}_DATABASE_URL": url for name, url in state.databases.items()}
        if state.bootstrap_servers:
            own["KAFKA_BOOTSTRAP_SERVERS"] = state.bootstrap_servers
        return {**own, **{name: os.environ[name] for name in own if os.environ.get(name)}}
