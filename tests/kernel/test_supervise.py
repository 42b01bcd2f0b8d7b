"""What keeps a part running: whatever ends it begins it again, but for being asked to end."""

import asyncio

import pytest

from shared.supervise import keep_running


class Part:
    """Ends in the way that it is told the first time, and then waits for ever."""

    def __init__(self, first: BaseException | None) -> None:
        self.first = first
        self.begun = 0
        self.again = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        if self.begun == 1:
            await self._end()
        else:
            self.again.set()
            await asyncio.Event().wait()

    async def _end(self) -> None:
        if isinstance(self.first, asyncio.CancelledError):
            waited_for = asyncio.get_running_loop().create_future()
            waited_for.cancel()
            await waited_for
        if self.first:
            raise self.first


@pytest.mark.parametrize("end", [None, OSError("gone"), asyncio.CancelledError()], ids=["by itself", "error", "cancel"])
async def test_a_part_that_ends_is_begun_again(end: BaseException | None) -> None:
    part = Part(end)
    keeping = asyncio.create_task(keep_running("part", part))
    async with asyncio.timeout(10):
        await part.again.wait()
    keeping.cancel()
    await asyncio.wait([keeping])
    assert keeping.cancelled()
    assert part.begun == 2


async def test_a_part_that_is_asked_to_end_ends() -> None:
    part = Part(None)
    part.begun = 1
    keeping = asyncio.create_task(keep_running("part", part))
    await part.again.wait()
    keeping.cancel()
    done, _ = await asyncio.wait([keeping], timeout=5)
    assert done
    assert keeping.cancelled()
