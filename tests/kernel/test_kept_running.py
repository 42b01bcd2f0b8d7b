"""Parts are kept running: whatever ends one, but for being asked to end, it begins again."""

import asyncio

from shared.supervise import keep_running


async def test_a_part_that_fails_begins_again() -> None:
    begun = 0
    twice = asyncio.Event()

    async def part() -> None:
        nonlocal begun
        begun += 1
        if begun == 2:
            twice.set()
        raise OSError("gone")

    async with asyncio.timeout(10):
        kept = asyncio.create_task(keep_running("part", part))
        await twice.wait()
        kept.cancel()


async def test_a_part_whose_client_lets_a_cancellation_out_begins_again() -> None:
    """Found by the long run: a broken connection cancelled a consumer from inside, and nobody began it again."""
    begun = 0
    twice = asyncio.Event()

    async def part() -> None:
        nonlocal begun
        begun += 1
        if begun == 2:
            twice.set()
        inner = asyncio.create_task(asyncio.sleep(60))
        inner.cancel()
        await inner

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        kept = group.create_task(keep_running("part", part))
        await twice.wait()
        kept.cancel()


async def test_a_part_that_is_asked_to_end_ends() -> None:
    begun = asyncio.Event()

    async def part() -> None:
        begun.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(10):
        kept = asyncio.create_task(keep_running("part", part))
        await begun.wait()
        kept.cancel()
        await asyncio.wait([kept])
    assert kept.cancelled()
