"""A deployment of real processes: PostgreSQL, Kafka, several APIs and workers of each service, kept running."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

import httpx

from rapport.services import SERVICES, load, outside_topics, topics
from rapport.stack import BOOTSTRAP, database_variable
from shared.migrations import KEYS, migrate, migrate_keys
from shared.stack.broker import Program
from shared.stack.errors import StackError
from shared.stack.jars import class_path
from shared.stack.java import find_java
from shared.stack.kafka import Kafka
from shared.stack.ports import free_ports
from shared.stack.postgres import Postgres
from shared.stack.processes import Process, last_words, stop_all
from shared.stack.topics import ensure_topics
from tests.faults.part import Database, Node, Nursery, Part, Replica
from tests.faults.shape import Shape
from tests.faults.surroundings import Surroundings

KEEP_SECONDS = 0.1
AGAIN_SECONDS = 0.3
"""What has ended is started again so much later, and not more often."""

START_SECONDS = 120.0

SESSIONS = 800

DRAIN_LAG = 2.5
"""Seconds that an API answers on after SIGTERM: clients look every quarter of one who is ready."""


class Deployment:
    """One Rapport in a folder. `parts` are its processes by name; what dies is started again unless it is held down.

    `seed` is for steps that choose at random: `random` gives the same choices in each run.
    """

    def __init__(self, home: Path, shape: Shape, *, seed: int = 1) -> None:
        self.home = home
        self.shape = shape
        self.logs = home / "logs"
        self.random = Random(seed)
        self.surroundings = Surroundings(home, shape)
        self.postgres = Postgres(self.surroundings.folder("postgres"))
        self.kafka = Kafka(self.surroundings.folder("kafka"), self.surroundings.ports, self.logs)
        self.parts: dict[str, Part] = {}
        self.kills = 0
        self.history: list[tuple[float, str]] = []
        self._began = time.monotonic()
        self._held: dict[str, int] = {}
        self._started_at: dict[str, float] = {}
        self._keeping: asyncio.Task[None] | None = None
        self._nursery: Nursery | None = None
        self._before = dict(os.environ)

    @property
    def now(self) -> float:
        """Seconds since the deployment was made: the one clock of ledger, steps and findings."""
        return time.monotonic() - self._began

    def tell(self, what: str) -> None:
        """Note what was done to the deployment, for histories."""
        self.history.append((self.now, what))

    # --- start and end ------------------------------------------------------

    async def start(self) -> None:
        """Start everything, and return when all of it is ready. Raises StackError."""
        self.logs.mkdir(parents=True, exist_ok=True)
        await self.surroundings.start()
        await asyncio.to_thread(self._start_engines)
        os.environ.update(self.environment())
        await self._prepare()
        self._nursery = await asyncio.to_thread(Nursery, self.home, os.environ)
        for replica in self._replicas(self._nursery):
            self._take_in(replica)
        self._keeping = asyncio.create_task(self._keep())
        await self.ready()

    def _start_engines(self) -> None:
        processes = self.kafka.start()
        program = Program(find_java(), class_path())
        for number, (broker, process) in enumerate(zip(self.kafka.brokers, processes, strict=True), start=1):
            node = self.parts[f"kafka.{number}"] = Node(f"kafka.{number}", broker, program)
            node.process = process
        database = self.parts["postgres"] = Database(self.postgres)
        database.launch()
        self._allow_sessions()
        database.launch()
        self.postgres.ensure_databases([*SERVICES, KEYS])

    def _allow_sessions(self) -> None:
        """Let all processes have all the sessions that they may open; the embedded PostgreSQL is set for four."""
        with (self.postgres.folder / "postgresql.conf").open("a") as file:
            file.write(f"max_connections = {SESSIONS}\n")
        self.postgres.stop()

    async def _prepare(self) -> None:
        await ensure_topics(
            self.kafka.bootstrap_servers, topics(), replication=self.kafka.replication, outside=outside_topics()
        )
        await migrate_keys(self.postgres.url(KEYS))
        for name in SERVICES:
            await migrate(load(name), self.postgres.url(name))

    def _replicas(self, nursery: Nursery) -> Iterable[Replica]:
        kinds = {"api": self.shape.apis, "worker": self.shape.workers}
        names = [f"{s}.{role}.{n + 1}" for s in SERVICES for role, count in kinds.items() for n in range(count)]
        ports = iter(free_ports(2 * len(names)))
        for name in names:
            yield Replica(name, nursery, self.logs / f"{name}.log", (next(ports), next(ports)))

    def _take_in(self, replica: Replica) -> None:
        replica.environment.update(self.surroundings.variables(replica.role))
        replica.environment["DRAIN_LAG"] = str(DRAIN_LAG)
        self.parts[replica.name] = replica

    def join(self, service: str, role: str) -> str:
        """Let one more process of a service join; the keeper starts it. Return its name."""
        assert self._nursery is not None
        name = f"{service}.{role}.{1 + len(self.names(service=service, role=role))}"
        ports = free_ports(2)
        self._take_in(Replica(name, self._nursery, self.logs / f"{name}.log", (ports[0], ports[1])))
        self.tell(f"{name} joins")
        return name

    async def leave(self, name: str) -> None:
        """Let a process that joined end in order, for good."""
        async with self.held_down([name]):
            if self.parts[name].process:
                await self.end(name)
            del self.parts[name]

    def environment(self) -> Mapping[str, str]:
        """Return the variables that lead a service, and every command of `rapport`, to this deployment."""
        found = {database_variable(name): self.postgres.url(name) for name in (*SERVICES, KEYS)}
        return {**found, BOOTSTRAP: self.kafka.bootstrap_servers}

    async def stop(self) -> None:
        """End everything at once, whatever state it is in; the folder stays."""
        if self._keeping:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping
        await asyncio.to_thread(self._end)
        await self.surroundings.stop()
        os.environ.clear()
        os.environ.update(self._before)

    def _end(self) -> None:
        if self._nursery:
            self._nursery.close()
        for part in self.parts.values():
            if part.process:
                part.process.kill()
        for process in self.kafka.running():
            process.kill()
        self.postgres.stop()

    # --- keeping ------------------------------------------------------------

    async def _keep(self) -> None:
        """Start again what has ended, as an init system would."""
        while True:
            missing = [part for part in self.parts.values() if self._to_be_started(part)]
            await asyncio.gather(*(self._launch(part) for part in missing))
            await asyncio.sleep(KEEP_SECONDS)

    def _to_be_started(self, part: Part) -> bool:
        recently = time.monotonic() - self._started_at.get(part.name, float("-inf")) < AGAIN_SECONDS
        return not (part.name in self._held or recently or (part.process and part.process.alive))

    async def _launch(self, part: Part) -> None:
        again = part.name in self._started_at
        self._started_at[part.name] = time.monotonic()
        try:
            await asyncio.to_thread(part.launch)
        except StackError as error:
            self.tell(f"{part.name} didn't start: {error}")
        else:
            if again:
                self.tell(f"{part.name} was started again")

    @asynccontextmanager
    async def held_down(self, names: Iterable[str]) -> AsyncIterator[None]:
        """Inside, the keeper doesn't start these parts again."""
        chosen = list(names)
        for name in chosen:
            self._held[name] = self._held.get(name, 0) + 1
        try:
            yield
        finally:
            for name in chosen:
                self._held[name] -= 1
                if not self._held[name]:
                    del self._held[name]

    # --- acting on parts ------------------------------------------------------

    def process(self, name: str) -> Process:
        """Return a part's process, alive or not. Raises KeyError for a name that isn't there."""
        process = self.parts[name].process
        if process is None:
            raise KeyError(f"{name} hasn't been started")
        return process

    def signal(self, name: str, number: signal.Signals) -> Process:
        """Send a signal to a part, and return the process that it went to."""
        process = self.process(name)
        with suppress(ProcessLookupError):
            if process.alive:
                os.kill(process.pid, number)
        self.tell(f"{number.name} to {name}")
        return process

    def thaw(self, name: str, process: Process) -> None:
        """Let a process that was stopped go on, if it is still there."""
        with suppress(ProcessLookupError):
            if process.alive:
                os.kill(process.pid, signal.SIGCONT)
        self.tell(f"SIGCONT to {name}")

    async def kill(self, name: str) -> None:
        """Kill a part, and return when it is gone."""
        process = self.signal(name, signal.SIGKILL)
        self.kills += 1
        while process.alive:
            await asyncio.sleep(0.01)

    async def end(self, name: str, seconds: float = 15.0) -> None:
        """Ask a part to end in order, as a deployment does, and kill it if it hasn't after `seconds`."""
        self.tell(f"SIGTERM to {name}")
        await asyncio.to_thread(stop_all, [self.process(name)], seconds)

    # --- looking ------------------------------------------------------------

    def names(self, *, service: str | None = None, role: str | None = None) -> Sequence[str]:
        """Return the names of replicas, of one service or role where it is given."""
        return [
            part.name
            for part in self.parts.values()
            if isinstance(part, Replica) and service in (None, part.service) and role in (None, part.role)
        ]

    def replica(self, name: str) -> Replica:
        """Return a replica by its name. Raises KeyError where it is none."""
        part = self.parts[name]
        if not isinstance(part, Replica):
            raise KeyError(f"{name} is no process of a service")
        return part

    async def ready(self, names: Sequence[str] | None = None, *, seconds: float = START_SECONDS) -> None:
        """Wait until these replicas (by default all) say that they may be given work. Raises StackError."""
        deadline = time.monotonic() + seconds
        async with httpx.AsyncClient(timeout=5) as client:
            for name in names if names is not None else self.names():
                while not await self._is_ready(client, name):
                    if time.monotonic() > deadline:
                        raise StackError(f"{name} isn't ready: {last_words(self.logs / f'{name}.log')}")
                    await asyncio.sleep(0.1)

    async def _is_ready(self, client: httpx.AsyncClient, name: str) -> bool:
        try:
            found = await client.get(f"{self.replica(name).metrics_url}/readyz")
        except httpx.HTTPError:
            return False
        return found.status_code == httpx.codes.OK
