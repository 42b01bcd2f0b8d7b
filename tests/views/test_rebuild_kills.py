"""A rebuild that is killed at any point leaves the live view alone, and the next one starts clean."""

import asyncio
import sys
from pathlib import Path

import pytest

from shared.views.builds import builds

from .conftest import World

KILLED = """
import asyncio, sys, time
from functools import partial
from pathlib import Path
from shared.testing import sample
from shared.views.fold_processes import Where
from shared.views.rebuild import rebuild
from shared.views.swap import Swap

url, folder, wanted, processes = sys.argv[1:]

def arrived():
    print("arrived", flush=True)
    time.sleep(60)

def tell(stage, done, total):
    if stage == wanted and (done or processes == "1"):
        arrived()

if __name__ == "__main__":
    if wanted == "inside the swap":
        script = Swap._script
        Swap._script = lambda self: arrived() or script(self)
    declared = partial(sample.service, Path(folder))
    asyncio.run(rebuild(declared(), "totals", Where(url, "127.0.0.1:1", declared, int(processes)), tell=tell))
"""


async def killed_at(world: World, tmp_path: Path, stage: str, processes: int) -> None:
    program = tmp_path / "killed.py"
    program.write_text(KILLED)
    process = await asyncio.create_subprocess_exec(
        sys.executable, program, world.url, tmp_path, stage, str(processes), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"arrived\n"
    process.kill()
    await process.wait()


@pytest.mark.parametrize("processes", [1, 2])
async def test_killed_anywhere_it_starts_clean_the_next_time(world: World, tmp_path: Path, processes: int) -> None:
    await world.write(**{f"s{number}": [1, 2] for number in range(30)}, a=[1, 13])
    await world.settle()
    stages = ("fold", "compare", "inside the swap") if processes == 1 else ("fold",)
    for times, stage in enumerate(stages, start=1):
        await killed_at(world, tmp_path, stage, processes)
        await world.write(s0=[1])
        await asyncio.wait_for(world.settle(), 10)
        assert (await world.rows())["s0"] == (3 + times, 2 + times)
        assert world.fenced == 0
    async with asyncio.timeout(20):
        result = await world.rebuild()
    assert (result.changed, result.rows) == (0, 31)
    assert [item.messages for item in await world.lot.list()] == [1]
    left = await world.pool.fetch("SELECT relname FROM pg_class WHERE relname ~ 'totals.*(build|gone)'")
    assert left == []
    states = [item.state for item in await builds(world.pool, ["totals"])]
    assert states == ["before", *["failed"] * len(stages), "live"]
