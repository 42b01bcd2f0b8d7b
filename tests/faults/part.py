"""A part of a deployment: one process with a name, which can be started again whenever it isn't there."""

import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Protocol

import msgspec
import psutil

from shared.stack.broker import Broker, Program
from shared.stack.postgres import Postgres
from shared.stack.processes import Process
from tests.faults.nursery import Birth


class Part(Protocol):
    """What the deployment needs of each of its processes."""

    @property
    def name(self) -> str: ...

    @property
    def process(self) -> Process | None:
        """The process as it was last started, alive or not."""

    def launch(self) -> None:
        """Start it, without waiting until it can work. Raises StackError. It blocks: call it in a thread."""


class Nursery:
    """The process that forks services' processes; it lives in the deployment's folder and ends with its input."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self._lock = Lock()
        command = [sys.executable, "-m", "tests.faults.nursery", str(home)]
        self._running = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environment),
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )

    def birth(self, birth: Birth) -> Process:
        """Fork a process, and return it once it exists."""
        with self._lock:
            given, told = self._running.stdin, self._running.stdout
            assert given is not None
            assert told is not None
            given.write(msgspec.json.encode(birth) + b"\n")
            given.flush()
            return Process.of(int(told.readline()))

    def close(self) -> None:
        """End it; what it forked goes on."""
        self._running.communicate()


class Replica:
    """One process of a service in a role, such as `contact.api.1`, which keeps its ports for ever."""

    def __init__(self, name: str, nursery: Nursery, log: Path, ports: tuple[int, int]) -> None:
        self.name = name
        self.service, self.role, _ = name.split(".")
        self.process: Process | None = None
        self.url, self.metrics_url = (f"http://127.0.0.1:{port}" for port in ports)
        self.environment: dict[str, str] = {
            f"{self.service.upper()}_PORT": str(ports[0]),
            f"{self.service.upper()}_METRICS_PORT": str(ports[1]),
            "LOG_FORMAT": "json",
        }
        """Variables of this process alone; a step that changes them must put them back."""
        self._nursery = nursery
        self._log = log

    def launch(self) -> None:
        arguments = ["run", self.service, "--role", self.role]
        with suppress(psutil.NoSuchProcess):  # it has ended already, and is started again like any other that ends
            self.process = self._nursery.birth(Birth(arguments, self.environment, str(self._log)))


class Node:
    """One node of Kafka, such as `kafka.1`."""

    def __init__(self, name: str, broker: Broker, program: Program) -> None:
        self.name = name
        self.process: Process | None = None
        self.broker = broker
        self._program = program

    def launch(self) -> None:
        self.process = self.broker.launch(self._program)


class Database:
    """PostgreSQL: its postmaster, called `postgres`."""

    name = "postgres"

    def __init__(self, server: Postgres) -> None:
        self.process: Process | None = None
        self.server = server

    def launch(self) -> None:
        self.process = self.server.start()
