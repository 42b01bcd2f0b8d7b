"""Real parts for tests: one PostgreSQL and one Kafka for the whole run, a fresh database for each test."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.stack.kafka import Kafka
from shared.stack.postgres import Postgres, create_database, drop_database
from shared.stack.processes import free_port


@pytest.fixture(scope="session")
def parts_folder() -> Iterator[Path]:
    """A short path: a Unix socket's name must fit into 107 characters."""
    folder = Path(tempfile.mkdtemp(prefix="rapport-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(parts_folder: Path) -> Iterator[Postgres]:
    server = Postgres(parts_folder / "postgres")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kafka(parts_folder: Path) -> Iterator[Kafka]:
    broker = Kafka(parts_folder / "kafka", free_port(), free_port(), parts_folder / "kafka.log")
    process = broker.start()
    yield broker
    process.stop(10)


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[str]:
    """The address of an empty database of this test's own."""
    name = f"t{uuid4().hex[:16]}"
    server = postgres.url("postgres")
    await create_database(server, name)
    yield postgres.url(name)
    await drop_database(server, name)
