"""Real parts for tests and benchmarks: a private PostgreSQL and Kafka in a folder of their own, gone afterwards."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import psutil

from shared.stack.kafka import Kafka
from shared.stack.kafka_settings import BrokerPorts
from shared.stack.ports import free_ports
from shared.stack.postgres import Postgres, create_database, drop_database
from shared.stack.processes import Process
from shared.stack.stack import Stack
from shared.testing.small_disk import unmount_below

PREFIX = "rapport-test-"


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short path, since a Unix socket's has to be; removed afterwards."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")).resolve()
    folder.chmod(0o711)  # PostgreSQL may run as another user, who has to pass through
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def private_stack(databases: Sequence[str] = (), *, nodes: int = 1) -> Iterator[Stack]:
    """A running stack with these databases; all of it is gone afterwards, services too."""
    with short_folder() as folder:
        stack = Stack(folder, nodes=nodes)
        try:
            stack.up(databases)
            yield stack
        finally:
            _kill(stack.state.processes)
            stack.down()


@contextmanager
def private_postgres() -> Iterator[Postgres]:
    """A running PostgreSQL without a Kafka beside it."""
    with short_folder() as folder:
        server = Postgres(folder / "postgres")
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def private_kafka(*, nodes: int = 1) -> Iterator[Kafka]:
    """A running Kafka without a PostgreSQL beside it."""
    with short_folder() as folder:
        ports = iter(free_ports(2 * nodes))
        kafka = Kafka(folder / "kafka", [BrokerPorts(*pair) for pair in zip(ports, ports, strict=True)], folder)
        try:
            kafka.start()
            yield kafka
        finally:
            _kill(kafka.running())


@asynccontextmanager
async def fresh_database(postgres: Postgres, *, template: str = "template1") -> AsyncIterator[str]:
    """The address of a new database, dropped afterwards; as a copy of `template` it costs a file copy, no migration."""
    name = f"t{uuid4().hex[:16]}"
    server = postgres.url("postgres")
    await create_database(server, name, template=template)
    try:
        yield postgres.url(name)
    finally:
        await drop_database(server, name)


def _kill(processes: Sequence[Process]) -> None:
    """End them at once: what they would still write is thrown away."""
    for process in processes:
        process.kill()


def _sweep() -> None:
    """Take down what test runs left that were killed themselves."""
    for folder in Path(tempfile.gettempdir()).resolve().glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            for process in psutil.process_iter():
                try:
                    if Path(process.cwd()).is_relative_to(folder):
                        process.kill()
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue
            unmount_below(folder)
            shutil.rmtree(folder, ignore_errors=True)
