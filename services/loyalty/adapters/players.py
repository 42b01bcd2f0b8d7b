"""Lets processes of their own play a simulation, each a share of the accounts, and adds up what they tell."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec
from msgspec import Struct

from services.loyalty.adapters.account_pages import Page
from services.loyalty.adapters.playing import COME_AGAIN, LENGTH, Ended, Message, Played, Task
from services.loyalty.domain.what_if.alternative import Alternative
from services.loyalty.domain.what_if.shares import Shares, Use, limits_of
from services.loyalty.domain.what_if.tally import Tally

MOST_ROUNDS = 12
PROGRAM = ("-m", "services.loyalty.adapters.playing")

_decode = msgspec.msgpack.Decoder(Message).decode


class Broken(Exception):
    """A player ended before it was done, or the shared limits found no end."""


class Game(Struct, frozen=True):
    """What is played: an alternative, whose versions were published at these places, over pages of a snapshot."""

    database_url: str
    snapshot: str
    alternative: Alternative
    places: tuple[int, ...]
    pages: list[Page]


class Players:
    """So many processes at most. `told` hears which part is done; `memory` is what they took at most, in bytes."""

    def __init__(self, processes: int, told: Callable[[float], None]) -> None:
        self._processes = processes
        self._told = told
        self.memory = 0

    async def play(self, game: Game) -> Tally:
        """Return what the accounts came to.

        Who came first at a limit that all members share is known only once everybody is
        played. So it is played again with what all had used before each fact, until that is
        what came of it: each round settles at least one fact more, in practice nearly all. Where
        no limit is reached, one round does. Raises Broken where a process fails,
        ConnectionError where it had lost its database.
        """
        limits, shares, uses = limits_of(game.alternative.numbered()), Shares(), list[Use]()
        for number in range(MOST_ROUNDS):
            progress = Progress(len(game.pages), number if limits else None)
            tally, uses = await self._round(game, uses, progress)
            found = Shares(uses)
            if found == shares or not (number or found.bind(limits)):
                return tally
            shares = found
        raise Broken("who came first at the budgets didn't settle")

    async def _round(self, game: Game, uses: list[Use], progress: "Progress") -> tuple[Tally, list[Use]]:
        count = max(1, min(self._processes, len(game.pages)))
        shares = [self._task(game, game.pages[place::count], uses) for place in range(count)]
        ended = await self._all(shares, progress)
        tally = ended[0].tally
        for other in ended[1:]:
            tally.add(other.tally)
        self.memory = max(self.memory, sum(one.memory for one in ended))
        return tally, [use for one in ended for use in one.uses]

    @staticmethod
    def _task(game: Game, pages: list[Page], uses: list[Use]) -> Task:
        about = (game.database_url, game.snapshot, game.alternative, game.places)
        return Task(*about, pages, uses)

    async def _all(self, tasks: Sequence[Task], progress: "Progress") -> list[Ended]:
        try:
            async with asyncio.TaskGroup() as group:
                players = [group.create_task(self._one(task, progress)) for task in tasks]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return [player.result() for player in players]

    async def _one(self, task: Task, progress: "Progress") -> Ended:
        process = await asyncio.create_subprocess_exec(sys.executable, *PROGRAM, stdin=PIPE, stdout=PIPE)
        try:
            return await self._listen(process, task, progress)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _listen(self, process: Process, task: Task, progress: "Progress") -> Ended:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        with suppress(ConnectionError):  # it ended before it had read its task: the missing answer tells
            process.stdin.write(msgspec.msgpack.encode(task))
            await process.stdin.drain()
            process.stdin.close()
        while True:
            try:
                length = int.from_bytes(await process.stdout.readexactly(LENGTH), "big")
                message = _decode(await process.stdout.readexactly(length))
            except asyncio.IncompleteReadError:
                raise _ended(await process.wait()) from None
            if isinstance(message, Ended):
                return message
            self._told(progress.after(message))


def _ended(code: int) -> Exception:
    if code == COME_AGAIN:
        return ConnectionError("a player lost its database")
    return Broken(f"a player ended with {code} before it was done")


class Progress:
    """How much of a simulation is done, when so much of a round is; of rounds that may follow, half is kept."""

    def __init__(self, pages: int, number: int | None) -> None:
        self._pages, self._done, self._number = pages, 0, number

    def after(self, played: Played) -> float:
        """Return which part of all is done after some pages more."""
        self._done += played.pages
        part = self._done / max(1, self._pages)
        return part if self._number is None else 1 - 0.5**self._number * (1 - part / 2)
