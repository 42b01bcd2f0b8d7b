"""The API processes and their clients: commands through the real door, asked again while the answer is unknown."""

import asyncio
from types import SimpleNamespace
from typing import Any

from msgspec import Struct

from shared.errors import Conflict
from shared.handle import Handler
from shared.http.answer import Answer
from shared.http.auth import Caller
from shared.http.calls import Call
from shared.store.postgres import PostgresEventStore
from shared.testing.sample import SETTINGS
from tests.simulation.connections import Pool
from tests.simulation.database import Database
from tests.simulation.domain import NOTES, PUBLISHED, Noted
from tests.simulation.plan import APIS, Command
from tests.simulation.process import Process, fail, resolve
from tests.simulation.world import World

CALLER = Caller("simulation", frozenset(), 0.0)
PATIENCE_SECONDS = 0.4
"""How long a client waits for an answer; then it asks again, with the same key."""


class Answered(Struct):
    """What a client knows in the end: the version under which its note stands, or that another was first (None)."""

    command: Command
    version: int | None
    expected: int | None = None
    differing: list[str] = []
    """Answers to the same key that weren't as the first one."""


class Api:
    """One API process: it serves calls, each as uvicorn would, until it is killed."""

    def __init__(self, world: World, name: str, database: Database, wake: Any) -> None:
        self.world = world
        self.process = Process(world, name)
        store = PostgresEventStore(Pool(database, self.process), PUBLISHED, world.clock)
        self._kit: Any = SimpleNamespace(
            store=store,
            handler=Handler(store),
            settings=SETTINGS,
            clock=world.clock,
            wakeup=SimpleNamespace(signal=wake),
        )
        self._open: dict[asyncio.Future[Any], Process] = {}
        self.process.on_death.append(self._cut_off)

    def _cut_off(self) -> None:
        for future, process in self._open.items():
            self.world.later(process, fail, future, ConnectionError("the API is gone"))

    def call(self, command: Command, expected: int | None, client: Process) -> "asyncio.Future[Any]":
        """Send a call to the process; the future tells its answer, as far as there will be one."""
        future = client.create_future()
        self._open[future] = client
        if self.process.dead:
            self.world.later(client, fail, future, ConnectionError("refused"))
        else:
            self.world.later(self.process, self._begin, command, expected, future)
        self.world.post(PATIENCE_SECONDS, client, fail, future, TimeoutError("no answer"))
        return future

    def _begin(self, command: Command, expected: int | None, future: Any) -> None:
        self.process.create_task(self._serve(command, expected, future))

    async def _serve(self, command: Command, expected: int | None, future: "asyncio.Future[Any]") -> None:
        try:
            answer: Any = await self._note(command, expected)
        except Exception as error:
            self._reply(fail, future, error)
        else:
            self._reply(resolve, future, answer)

    def _reply(self, how: Any, future: "asyncio.Future[Any]", what: Any) -> None:
        client = self._open.pop(future, None)
        if client is not None and not self.process.dead:
            self.world.later(client, how, future, what)

    async def _note(self, command: Command, expected: int | None) -> str:
        headers = {"idempotency-key": command.word} | ({"if-match": f'"{expected}"'} if expected is not None else {})
        scope = {"rapport.request_id": command.word, "rapport.body": command.word.encode()}
        request: Any = SimpleNamespace(headers=headers, method="POST", url=NOTES_URL, scope=scope)
        response = await Call(request, self._kit, CALLER).handle(
            NOTES,
            command.stream,
            Noted(command.word),
            subject=command.subject,
            answer=lambda outcome: Answer(outcome.version),
        )
        return f"{response.body.decode()} {response.headers['etag']}"  # type: ignore[union-attr] # the kit answers bytes

    async def version(self, stream: str) -> int:
        """Return the stream's version as this process reads it."""
        loaded = await self._kit.handler.load(NOTES, stream)
        return int(loaded.version)


NOTES_URL = SimpleNamespace(path="/notes")


class Clients:
    """All clients: each makes its command known until it learns what became of it."""

    def __init__(self, world: World, apis: dict[str, Api], database: Database) -> None:
        self._world = world
        self.process = Process(world, "clients")
        self._apis = apis
        self._database = database
        self.answered: list[Answered] = []

    def ask(self, command: Command) -> None:
        """Begin now; called in the clients' process."""
        self.process.create_task(self._ask(command))

    async def _ask(self, command: Command) -> None:
        head = self._database.tables["stream"].get(command.stream)
        expected = (head[0] if head else 0) if command.guarded else None
        beside = self.process.create_task(self._until_known(command, expected)) if command.twice else None
        answers = [await self._until_known(command, expected)]
        if beside is not None:
            answers.append(await beside)
        if command.again:
            answers.append(await self._until_known(command, expected))
        first = answers[0]
        told = Answered(command, _version(first), expected, [str(item) for item in answers if item != first])
        self._world.tell("clients", f"{command.word} is answered: {first}")
        self.answered.append(told)

    async def _until_known(self, command: Command, expected: int | None) -> str | None:
        while True:
            api = self._apis[self._world.chance.choice(APIS)]
            try:
                answer = await api.call(command, expected, self.process)
            except Conflict:
                if expected is not None:
                    return None
            except Exception as error:
                self._world.tell("clients", f"{command.word} at {api.process.name}: {error!r}; asks again")
            else:
                return str(answer)
            await self.process.sleep(0.05 + self._world.delay())


def _version(answer: str | None) -> int | None:
    return None if answer is None else int(answer.split()[0])
