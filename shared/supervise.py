"""Keeps the parts of a worker running: what fails is told, and begun again after a growing pause."""

import asyncio
from collections.abc import Awaitable, Callable

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from shared.telemetry.consumers import RESTARTS
from shared.telemetry.log import logger

log = logger("supervise")

LONGEST_PAUSE = 5.0
"""Seconds: short enough that an outage's end is noticed at once, long enough not to press a weak database."""


class Abandoned(Exception):
    """The part was cancelled from inside: something that it waited for was, and nobody asked the part itself to end."""


async def keep_running(name: str, part: Callable[[], Awaitable[None]]) -> None:
    """Run `part` until cancelled, whatever it raises; each start must take up where the last one broke off."""

    def told(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        RESTARTS.labels(name).inc()
        log.warning("part.restarts", part=name, attempt=state.attempt_number, error=repr(error))

    while True:
        async for attempt in AsyncRetrying(
            wait=wait_random_exponential(multiplier=0.05, max=LONGEST_PAUSE),
            retry=retry_if_exception_type(Exception),
            before_sleep=told,
            sleep=asyncio.sleep,
        ):
            with attempt:
                await whole(part)


async def whole(part: Callable[[], Awaitable[None]]) -> None:
    """Run `part`; its cancellation counts as one only when this task was asked to end, and else as a failure.

    A client whose connection breaks may let the cancellation of one of its own
    tasks out. A task group takes that for an orderly end, and the part would be
    gone for as long as the process lives.
    """
    try:
        await part()
    except asyncio.CancelledError as error:
        if asked_to_end():
            raise
        raise Abandoned("what it waited for was cancelled") from error


def asked_to_end() -> bool:
    """Tell whether a cancellation that was caught was meant for this task, and not let out by something it used."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
