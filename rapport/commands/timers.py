"""`rapport timers`: what is due next, what was set aside and why, and how to go on with it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
from rich.table import Table

from rapport.commands.arguments import OneOrAll
from rapport.commands.opened import Opened, opened
from rapport.output import Json, console, failing_clearly, print_json
from rapport.services import SERVICES
from shared.clock import system_clock
from shared.timers.derive import derive
from shared.timers.firing import timed
from shared.timers.shelf import Shelf

app = typer.Typer(help="Timers: deadlines that take effect by themselves.", no_args_is_help=True)


@app.command("list")
def list_timers(
    service: OneOrAll = None,
    upcoming: Annotated[int, typer.Option("--next", min=0, max=10_000, help="Show so many of the next ones.")] = 5,
    as_json: Json = False,
) -> None:
    """List the timers that were set aside, with the reason, and those that come next. Exit code 1 when some are aside.

    Example: `rapport timers list tickets --next 20`
    """

    async def look(at: Opened) -> dict[str, Any]:
        shelf = Shelf(at.pool)
        count = await shelf.count(system_clock())
        return {"due": count.due, "aside": await shelf.aside(), "next": await shelf.next(upcoming)}

    found = _each(service, look)
    if as_json:
        print_json(found)
    else:
        _show(found)
    if any(item["aside"] for item in found.values()):
        raise typer.Exit(1)


@app.command("retry")
def retry(
    service: OneOrAll = None,
    stream: Annotated[str | None, typer.Option("--stream", help="One stream; else all that were set aside.")] = None,
    as_json: Json = False,
) -> None:
    """Let timers that were set aside be fired again; do so after mending the cause.

    Example: `rapport timers retry tickets --stream ticket-0198c0de-7a11-7c3e-8f00-000000000001`
    """
    if stream and not service:
        raise typer.BadParameter("name the service of the stream.")
    _tell(_each(service, lambda at: Shelf(at.pool).retry(stream)), "timers will be fired again", as_json)


@app.command("derive")
def derive_timers(service: OneOrAll = None, as_json: Json = False) -> None:
    """Set every timer to what its stream's state says. Safe at any time; needed after a rolling upgrade alone.

    Example: `rapport timers derive tickets`
    """

    async def done(at: Opened) -> int:
        store = at.store
        return sum([(await derive(at.pool, store, item)).mended for item in timed(at.service.deciders).values()])

    _tell(_each(service, done), "timers were not as their streams say, and are now", as_json)


def _each(service: str | None, work: Callable[[Opened], Awaitable[Any]]) -> dict[str, Any]:
    """Return what `work` finds, for one service or for all."""

    async def of(name: str) -> Any:
        async with opened(name) as at:
            return await work(at)

    with failing_clearly():
        return {name: asyncio.run(of(name)) for name in ([service] if service else SERVICES)}


def _tell(counts: dict[str, int], what: str, as_json: bool) -> None:  # noqa: FBT001 - as the commands have it
    if as_json:
        print_json(counts)
        return
    for name, count in counts.items():
        console.print(f"{name}: {count} {what}.", markup=False)


def _show(found: dict[str, Any]) -> None:
    table = Table("service", "stream", "due at", "attempts", "reason")
    for name, item in found.items():
        for timer in (*item["aside"], *item["next"]):
            due_at = timer.due_at.isoformat(timespec="seconds")
            table.add_row(name, timer.stream, due_at, str(timer.attempts), timer.reason or "")
        aside = len(item["aside"])
        console.print(f"{name}: {item['due']} due and not fired yet, {aside} set aside.", markup=False)
    if table.row_count:
        console.print(table)
