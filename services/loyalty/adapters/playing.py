"""A process that plays a share of the accounts: it reads its task from its input, and tells how far it is.

Messages are MessagePack, each behind its length in four bytes. Whoever started the
process ends it by killing it; it ends by itself when nobody listens any more.
"""

import asyncio
import gc
import resource
import sys
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from services.loyalty.adapters.account_pages import History, Page, read, snapshot, unhurried
from services.loyalty.domain.tiers.of_programme import tables_of
from services.loyalty.domain.what_if.adding_up import Adding
from services.loyalty.domain.what_if.alternative import Alternative, Books
from services.loyalty.domain.what_if.playing import Play, Told
from services.loyalty.domain.what_if.shares import Shares, Use
from services.loyalty.domain.what_if.tally import Tally
from shared.runs import passes


class Task(Struct, frozen=True):
    """What to play: an alternative whose versions were published at these places, over pages of a snapshot.

    `uses` is what every place in the log used of shared limits, as far as that is known.
    """

    database_url: str
    snapshot: str
    alternative: Alternative
    places: tuple[int, ...]
    pages: list[Page]
    uses: list[Use]


class Played(Struct, frozen=True, tag="played"):
    """So many pages more are done."""

    pages: int


class Ended(Struct, frozen=True, tag="ended"):
    """All are done: what they came to, and the memory in bytes that it took at most."""

    tally: Tally
    uses: list[Use]
    memory: int


Message = Played | Ended
LENGTH = 4
COME_AGAIN = 75
"""How a player ends whose surroundings failed; `EX_TEMPFAIL` of sysexits.h."""

_encode = msgspec.msgpack.Encoder().encode


def framed(message: Struct) -> bytes:
    """Return a message behind its length."""
    body = _encode(message)
    return len(body).to_bytes(LENGTH, "big") + body


class Player:
    """Plays histories one after the other, and adds them up."""

    def __init__(self, alternative: Alternative, places: Sequence[int], uses: Sequence[Use] = ()) -> None:
        self._books, self._shares, self._places = Books(alternative), Shares(uses), places
        self.adding = Adding(alternative)
        self.uses: list[Use] = []

    def play(self, history: History) -> Play:
        """Play one account, and return it as it is then."""
        play = Play(self._books, self._shares, history.grants)
        places = self._places
        for position, event in history.events:
            play.take(Told(position, bisect_left(places, position), event))
        self.adding.add(history.account, play)
        self.uses += play.uses
        return play


async def work(task: Task, out: BinaryIO) -> None:
    """Play the task's pages, and tell of each."""
    player = Player(task.alternative, task.places, task.uses)
    tiers = bool(tables_of(task.alternative.published) or task.alternative.tables())
    async with unhurried(task.database_url) as pool, snapshot(pool, task.snapshot) as (connection, _):
        async for page in _ahead(connection, task.pages, tiers=tiers):
            for history in page:
                player.play(history)
            _tell(out, Played(1))
    _tell(out, Ended(player.adding.tally, player.uses, _peak()))


async def _ahead(connection: Any, pages: Sequence[Page], *, tiers: bool) -> AsyncIterator[list[History]]:
    """Yield the pages; while one is played, the database gets the next one ready."""
    coming: asyncio.Task[list[History]] | None = None
    for page in pages:
        now, coming = coming, None
        found = await now if now else None
        coming = asyncio.create_task(read(connection, page, tiers=tiers))
        await asyncio.sleep(0)  # so that it is asked for
        if found is not None:
            yield found
    if coming:
        yield await coming


def _peak() -> int:
    """Return the memory that this program has taken at most, in bytes; `getrusage` counts its parent too."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _tell(out: BinaryIO, message: Message) -> None:
    out.write(framed(message))
    out.flush()


def main() -> None:
    """Carry out the task that stands in the input."""
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    gc.set_threshold(100_000, 50, 100)  # what flows here makes no cycles
    try:
        asyncio.run(work(task, sys.stdout.buffer))
    except Exception as error:
        if passes(error):
            sys.exit(COME_AGAIN)
        raise


if __name__ == "__main__":
    main()
