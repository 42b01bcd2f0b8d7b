"""`rapport recover`: after a database was restored to an older state, read back from the topic what it lacks."""

import asyncio

import typer
from rich.progress import Progress

from rapport.commands.arguments import OneService
from rapport.commands.opened import opened
from rapport.output import Json, errors, failing_clearly, print_json
from shared.relay.recover import Recovered, Recovery


def recover(service: OneService, as_json: Json = False) -> None:
    """Put the events that the service's topic holds and its restored log lacks back where they were.

    Stop the service's APIs and workers first; start them afterwards. May be killed and run again, and changes
    nothing where nothing is missing. Events that contradict what was published go into the table `set_aside`.

    Exit codes: 0 log and topic agree, 1 failed (the message says the next step), 2 wrong usage.

    Example: `rapport recover loyalty`
    """
    with failing_clearly():
        done = asyncio.run(_recover(service))
    if as_json:
        print_json({"service": service, "recovered": done})
        return
    typer.echo(f"{done.events} events of {done.streams} streams put back; the newest was recorded at {done.newest}.")
    if done.moved or done.aside:
        typer.echo(f"Of what was never published, {done.moved} events come behind them, {done.aside} were set aside.")


async def _recover(service: str) -> Recovered:
    async with opened(service) as at:
        recovery = Recovery(at.service, at.pool, at.bootstrap_servers)
        running = await recovery.others()
        if running:
            raise ValueError(
                f"{running} connections of {service}'s processes are open: stop its APIs and workers first."
            )
        await _collect(recovery)
        return await recovery.put_back()


async def _collect(recovery: Recovery) -> None:
    with Progress(console=errors, disable=not errors.is_terminal) as progress:
        task = progress.add_task("reading the topic", total=None)
        async for read, total in recovery.collect():
            progress.update(task, completed=read, total=total)
