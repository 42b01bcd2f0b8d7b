"""Whole deployments on real processes: PostgreSQL, Kafka and the four services, in a folder of their own."""

import asyncio
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from rapport import stack as whole
from rapport.demo import log
from rapport.demo.ask import Services
from rapport.demo.measure import Measured
from rapport.demo.publish import publish
from rapport.services import SERVICES, load
from shared.migrations import KEYS
from shared.stack.stack import Stack

PURCHASES = 3000
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_CIPHER = re.compile(r"(sealed\.1\.[^.\"]*\.[^.\"]*)\.[^\"]*")
"""Behind whose and where from it is, a sealed text is never twice the same."""
_OWN_TIMES = ("recorded_at", "scored_at", "moved_at", "partition", "number")

FIRST_ORDERS = """
SELECT subject, min(substring(stream_id FROM 'purchase-cdnow-(.*)')::int)
FROM event WHERE type = 'purchase-recorded' GROUP BY subject
"""


class Deployment:
    """One running Rapport."""

    def __init__(self, home: Path) -> None:
        self.stack = Stack(home)

    def up(self) -> None:
        """Start what doesn't run; with its addresses in the environment, `up` would take it for another's."""
        for name in [*(f"{service.upper()}_DATABASE_URL" for service in (*SERVICES, KEYS)), "KAFKA_BOOTSTRAP_SERVERS"]:
            os.environ.pop(name, None)
        whole.up(self.stack, services=True, tell=lambda _: None)
        os.environ.update(self.stack.environment())

    @property
    def services(self) -> Services:
        return Services({name: item.url for name, item in self.stack.state.services.items()})

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal to a service, to `kafka` or to `postgres`."""
        state = self.stack.state
        process = {"kafka": state.kafka, "postgres": state.postgres}.get(name) or state.services[name].process
        assert process is not None
        os.kill(process.pid, number)
        while number == signal.SIGKILL and process.alive:
            time.sleep(0.01)

    async def publish(self, messages: Sequence[log.Message]) -> None:
        await publish(os.environ["KAFKA_BOOTSTRAP_SERVERS"], messages, lambda _: None)

    async def caught_up(self, touchpoints: int, *, seconds: float = 90) -> None:
        """Wait until everything that follows from so many touchpoints has been done."""
        deadline = time.monotonic() + seconds
        async with Measured() as measured:
            while not (progress := await measured.progress()).caught_up(touchpoints):
                assert time.monotonic() < deadline, f"not caught up: {progress}"
                await asyncio.sleep(0.1)

    async def state(self) -> dict[str, list[str]]:
        """Return every row of every view as text; generated ids, recording times and ciphers aside."""
        found: dict[str, list[str]] = {}
        async with Measured() as measured:
            orders = await measured.opened["contact"].pool.fetch(FIRST_ORDERS)
            names = {subject: f"customer of order {first}" for subject, first in orders}
            for name, at in measured.opened.items():
                for view in at.service.views:
                    rows = await _rows(at.pool, view.table.name)
                    found[f"{name}.{view.name}"] = sorted(_named(row, names) for row in rows)
        return found


async def _rows(pool: asyncpg.Pool, table: str) -> list[str]:
    dropped = "".join(f" - '{column}'" for column in _OWN_TIMES)
    return [row[0] for row in await pool.fetch(f"SELECT (to_jsonb(t){dropped})::text FROM {table} t")]


def _named(row: str, names: dict[str, str]) -> str:
    return _UUID.sub(lambda found: names.get(found[0], found[0]), _CIPHER.sub(r"\1", row))


def _short_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="rapport-e2e-"))
    folder.chmod(0o755)
    return folder


NewDeployment = Callable[[], Awaitable[Deployment]]


@pytest.fixture
def new_deployment() -> Iterator[NewDeployment]:
    """Start deployments, each in a short path of its own, and take them down after the test."""
    before = dict(os.environ)
    made: list[Deployment] = []

    async def start() -> Deployment:
        deployment = Deployment(_short_folder())
        made.append(deployment)
        await asyncio.to_thread(deployment.up)
        return deployment

    yield start
    for deployment in made:
        deployment.stack.down()
        shutil.rmtree(deployment.stack.home, ignore_errors=True)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
async def deployment(new_deployment: NewDeployment) -> Deployment:
    return await new_deployment()


@pytest.fixture(scope="session")
def messages() -> list[log.Message]:
    """The beginning of the log, with its complaints."""
    return list(log.messages(islice(log.purchases(), PURCHASES)))


_undisturbed: dict[str, Any] = {}


@pytest.fixture
async def undisturbed(new_deployment: NewDeployment, messages: list[log.Message]) -> dict[str, list[str]]:
    """The final state of a deployment to which nothing happened; made once."""
    if not _undisturbed:
        deployment = await new_deployment()
        await deployment.publish(messages)
        await deployment.caught_up(len(messages))
        _undisturbed.update(await deployment.state())
        deployment.stack.down()
    return _undisturbed


def views() -> list[str]:
    return [f"{name}.{view.name}" for name in SERVICES for view in load(name).views]
